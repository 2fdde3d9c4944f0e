//! A Redis client small enough to be trusted: it shares no code with the one under test, and needs no redis-cli.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

/// An answer of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// `+OK`
    Status(String),
    /// `-ERR …`
    Error(String),
    /// `:42`
    Integer(i64),
    /// A string of bytes.
    Bytes(Vec<u8>),
    /// No such key, no such value.
    Nil,
    /// A list of answers.
    List(Vec<Reply>),
}

/// Writes it as redis-cli prints it into a pipe: a list one element a line, nothing for [`Reply::Nil`].
impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(text) | Self::Error(text) => f.write_str(text),
            Self::Integer(number) => write!(f, "{number}"),
            Self::Bytes(bytes) => f.write_str(&String::from_utf8_lossy(bytes)),
            Self::Nil => Ok(()),
            Self::List(replies) => {
                for (index, reply) in replies.iter().enumerate() {
                    if index > 0 {
                        f.write_str("\n")?;
                    }
                    write!(f, "{reply}")?;
                }
                Ok(())
            }
        }
    }
}

/// One connection, one command at a time.
#[derive(Debug)]
pub struct Connection {
    stream: BufReader<TcpStream>,
}

impl Connection {
    /// Connects to this port of this machine.
    ///
    /// # Errors
    ///
    /// Those of the network, and what the server says to a wrong password.
    pub fn open(port: u16, password: Option<&str>) -> io::Result<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        let mut connection = Self {
            stream: BufReader::new(stream),
        };
        if let Some(password) = password
            && let Reply::Error(error) = connection.send(&["AUTH", password])?
        {
            return Err(io::Error::other(error));
        }
        Ok(connection)
    }

    /// Sends one command and waits for its answer, for ten seconds at most.
    ///
    /// # Errors
    ///
    /// Those of the network; what the server refuses is a [`Reply::Error`].
    pub fn send<A: AsRef<[u8]>>(&mut self, arguments: &[A]) -> io::Result<Reply> {
        let mut request = format!("*{}\r\n", arguments.len()).into_bytes();
        for argument in arguments {
            let argument = argument.as_ref();
            write!(request, "${}\r\n", argument.len())?;
            request.extend_from_slice(argument);
            request.extend_from_slice(b"\r\n");
        }
        self.stream.get_mut().write_all(&request)?;
        self.read()
    }

    fn read(&mut self) -> io::Result<Reply> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let line = line.trim_end();
        let (kind, rest) = line.split_at_checked(1).ok_or(io::ErrorKind::InvalidData)?;
        let number = || {
            rest.parse::<i64>()
                .map_err(|_| io::Error::from(io::ErrorKind::InvalidData))
        };
        Ok(match kind {
            "+" => Reply::Status(rest.to_owned()),
            "-" => Reply::Error(rest.to_owned()),
            ":" => Reply::Integer(number()?),
            "$" => match usize::try_from(number()?) {
                Ok(length) => {
                    let mut bytes = vec![0; length + 2];
                    self.stream.read_exact(&mut bytes)?;
                    bytes.truncate(length);
                    Reply::Bytes(bytes)
                }
                Err(_) => Reply::Nil,
            },
            "*" => match usize::try_from(number()?) {
                Ok(length) => {
                    Reply::List((0..length).map(|_| self.read()).collect::<Result<_, _>>()?)
                }
                Err(_) => Reply::Nil,
            },
            _ => return Err(io::ErrorKind::InvalidData.into()),
        })
    }
}
