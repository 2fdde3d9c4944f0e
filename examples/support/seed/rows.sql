-- The same rows on every run, made from the words; only days are counted from today.

WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 200),
     name(list) AS (VALUES ('["Ada","Ben","Cleo","Dan","Eve","Finn","Gus","Hana","Ida","Jan","Kim","Leo","Mia","Ned","Olga","Petr","Rosa","Sam","Tom","Vera"]'))
INSERT INTO user
SELECT i, 1000 + i, json_extract(list, '$[' || (i % 20) || ']'),
       json_extract('["cs","de","es","fr"]', '$[' || (i % 4) || ']'), json_extract('["A1","A2","B1","B2"]', '$[' || (i / 4 % 4) || ']')
FROM n, name;

INSERT INTO setting SELECT id, 'voice', CASE id % 2 WHEN 0 THEN 'alloy' ELSE 'echo' END FROM user;
INSERT INTO setting SELECT id, 'daily_goal', 10 + id % 5 * 5 FROM user;

-- Ten messages each: a person's, then the coach's.
WITH RECURSIVE n(i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < 9)
INSERT INTO message (user_id, role, text, sent_at)
SELECT user.id, CASE i % 2 WHEN 0 THEN 'user' ELSE 'coach' END, definition, datetime('now', '-' || (10 - i) || ' hours')
FROM user JOIN n JOIN sense ON sense.rowid = (user.id * 37 + i * 11) % 7000 + 1;

WITH RECURSIVE n(i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < 29)
INSERT INTO practice SELECT id, date('now', '-' || i || ' days'), (id * 7 + i * 13) % 60, (id + i) % 20 FROM user, n;

-- A hundred words each, every third one known.
INSERT INTO user_word
SELECT user.id, word.id, word.id % 3 = 0, date(julianday('now') + (user.id + word.id) % 10 - 5)
FROM user JOIN word ON word.id BETWEEN user.id * 10 AND user.id * 10 + 99;

INSERT INTO exercise SELECT id, level, 'Write a sentence with "' || word || '" in it.' FROM word WHERE id <= 200;

INSERT INTO series SELECT id, 'The ' || word FROM word WHERE id BETWEEN 101 AND 120;
UPDATE series SET id = id - 100;
WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 10)
INSERT INTO episode SELECT (series.id - 1) * 10 + i, series.id, i, word FROM series JOIN n JOIN word ON word.id = series.id * 50 + i;
WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 40)
INSERT INTO subtitle SELECT episode.id, i, definition FROM episode JOIN n JOIN sense ON sense.rowid = (episode.id * 31 + i * 7) % 7000 + 1;

INSERT INTO course SELECT id, 'Words about ' || word FROM word WHERE id BETWEEN 201 AND 240;
UPDATE course SET id = id - 200;
INSERT INTO student SELECT id, name || ' ' || substr('ABCDEFGHJK', 1 + id / 20 % 10, 1) || '.' FROM user;
INSERT INTO enrolment
SELECT course.id, student.id, (course.id * 17 + student.id * 5) % 101 / 100.0, 40 + (course.id * 7 + student.id * 3) % 61
FROM course JOIN student ON (course.id + student.id) % 4 = 0;
WITH RECURSIVE n(i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < 9)
INSERT INTO activity SELECT course_id, student_id, date('now', '-' || i || ' days'), (course_id + student_id * 3 + i * 7) % 45 FROM enrolment, n;

INSERT INTO scenario SELECT id, 'Talk about ' || word, (SELECT group_concat(definition, '. ') FROM sense WHERE word_id = word.id) FROM word WHERE id BETWEEN 301 AND 330;
UPDATE scenario SET id = id - 300;
WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
INSERT INTO simulation SELECT i, i % 30 + 1, i % 200 + 1, i * 37 % 101 FROM n;
