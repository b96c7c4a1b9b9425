PRAGMA journal_mode=WAL;
BEGIN TRANSACTION;
CREATE TABLE blob (
    id INTEGER PRIMARY KEY,
    sum INTEGER,                         -- CRC-32C, NULL: written by format 1
    data BLOB NOT NULL                   -- PERF: behind it SQLite would read all pages of this
);
INSERT INTO "blob" VALUES(1,714388201,X'6F6E65');
INSERT INTO "blob" VALUES(2,1377178597,X'646576');
INSERT INTO "blob" VALUES(3,1389933475,X'74776F');
INSERT INTO "blob" VALUES(4,1729407474,X'676F6E65');
INSERT INTO "blob" VALUES(5,4266980433,X'64656570');
CREATE TABLE branch (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    repo INTEGER NOT NULL REFERENCES repo,
    name TEXT NOT NULL,
    line INTEGER NOT NULL UNIQUE,
    head INTEGER NOT NULL,
    UNIQUE (repo, name)
);
INSERT INTO "branch" VALUES(1,1,'master',1,11);
INSERT INTO "branch" VALUES(2,1,'dev',2,7);
INSERT INTO "branch" VALUES(4,3,'master',4,10);
INSERT INTO "branch" VALUES(5,1,'out',5,5);
CREATE TABLE commits (
    num INTEGER PRIMARY KEY,             -- of a line: each is above those before
    id TEXT NOT NULL UNIQUE,
    line INTEGER NOT NULL,
    finished INTEGER NOT NULL
);
INSERT INTO "commits" VALUES(1,'01a218331ea941d48638ee5e81cbf696',1,1795702333097807);
INSERT INTO "commits" VALUES(2,'01a218331eaa42c88da0e4be515516dc',2,1795702333098370);
INSERT INTO "commits" VALUES(4,'01a218331eaa4b858ff72cc4346d0291',4,1795702333098933);
INSERT INTO "commits" VALUES(5,'01a218331eab46eb8d523f24a8f05bee',5,1795702333099283);
INSERT INTO "commits" VALUES(6,'01a218331eac445280bb8d40fc57b38b',1,1795702333100839);
INSERT INTO "commits" VALUES(7,'01a218331ead4d218f016c515f98b200',2,1795702333101139);
INSERT INTO "commits" VALUES(8,'01a218331ead41ee8e6d7a3f4644c4d4',1,1795702333101330);
INSERT INTO "commits" VALUES(9,'01a218331ead430982789cf5bbe3ff79',4,1795702333101575);
INSERT INTO "commits" VALUES(10,'01a218331ead4c84891b24bd7b301d79',4,1795702333101714);
INSERT INTO "commits" VALUES(11,'01a218331ead457a8e3936d8e69a6e11',1,1795702333101927);
CREATE TABLE composed (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- the content is -id
    dropped INTEGER NOT NULL DEFAULT 0   -- nothing refers to it any more
);
CREATE TABLE doomed (
    name TEXT PRIMARY KEY                -- of a file that is to be removed
) WITHOUT ROWID;
CREATE TABLE file (
    line INTEGER NOT NULL,
    path TEXT NOT NULL,
    since INTEGER NOT NULL,
    committed INTEGER NOT NULL,
    size INTEGER NOT NULL,
    hash BLOB NOT NULL,
    md5 BLOB NOT NULL,
    content,                             -- NULL: empty; INTEGER: blob, below 0 composed; TEXT: a file
    properties BLOB,                     -- PERF: behind it SQLite would read all pages of this
    PRIMARY KEY (line, path)
) WITHOUT ROWID;
INSERT INTO "file" VALUES(1,'a',8,1795702333101330,3,X'FCC4BC9FF35AAF01BC80702A15C8B9C18862C5C4F47BE8E713F053D19CDB46C4',X'B8A9F715DBB64FD5C56E7783C6820A61',3,X'70');
INSERT INTO "file" VALUES(1,'d/e',11,1795702333101927,4,X'C110E506DD48F6CD9704E2B912C9CA8B6314E98D3D571983ACB44CA690F99CCD',X'6627415E807EE33C7302917216E7DA68',5,NULL);
INSERT INTO "file" VALUES(2,'b',7,1795702333101139,3,X'D8C5790076778C424B23EA2538DA420E27988956735D7CC39C0741315E21A777',X'E77989ED21758E78331B20E477FC5582',2,NULL);
CREATE TABLE history (
    line INTEGER NOT NULL,
    path TEXT NOT NULL,
    until INTEGER NOT NULL,
    since INTEGER NOT NULL,
    committed INTEGER NOT NULL,
    size INTEGER NOT NULL,
    hash BLOB NOT NULL,
    md5 BLOB NOT NULL,
    content,
    properties BLOB,
    PRIMARY KEY (line, path, until)
) WITHOUT ROWID;
INSERT INTO "history" VALUES(1,'a',8,6,1795702333100839,3,X'F70B0849CDF25B5ABE6D3209A0EE823227E4DC1AEBE77DBAC508C1BE6597EB76',X'F97C5D29941BFB1B2FDAB0874906AB82',1,NULL);
INSERT INTO "history" VALUES(4,'c',10,9,1795702333101575,4,X'695431E62BE9B65FD9A00222F98E328339FF4551F3989B58AF5281B22A45965A',X'50C1F58BE7F5E47E0F53D64C094783C2',4,NULL);
CREATE TABLE large (
    name TEXT PRIMARY KEY,
    blocks BLOB                          -- the digests of its blocks; NULL: written by format 1
) WITHOUT ROWID;
CREATE TABLE line (id INTEGER PRIMARY KEY AUTOINCREMENT, dropped INTEGER NOT NULL DEFAULT 0);
INSERT INTO "line" VALUES(1,0);
INSERT INTO "line" VALUES(2,0);
INSERT INTO "line" VALUES(4,0);
INSERT INTO "line" VALUES(5,0);
CREATE TABLE named (
        name TEXT PRIMARY KEY,
        created INTEGER NOT NULL             -- the time of the repo
    ) WITHOUT ROWID
    ;
INSERT INTO "named" VALUES('dev.repo',1795702333097807);
INSERT INTO "named" VALUES('master.other.project',1795702333098933);
INSERT INTO "named" VALUES('master.repo',1795702333097807);
INSERT INTO "named" VALUES('out.repo',1795702333097807);
CREATE TABLE pieces (
    composed INTEGER NOT NULL REFERENCES composed,
    begin INTEGER NOT NULL,              -- where in the file the first of these pieces begins
    sum INTEGER NOT NULL,                -- CRC-32C of the list
    list TEXT NOT NULL,                  -- JSON: see StoredPiece
    PRIMARY KEY (composed, begin)
) WITHOUT ROWID;
CREATE TABLE provenance (
    branch INTEGER NOT NULL REFERENCES branch,
    upstream INTEGER NOT NULL REFERENCES branch,
    PRIMARY KEY (branch, upstream)
) WITHOUT ROWID;
INSERT INTO "provenance" VALUES(5,1);
CREATE TABLE repo (
    id INTEGER PRIMARY KEY,
    project TEXT NOT NULL,
    name TEXT NOT NULL,
    created INTEGER NOT NULL,            -- times are microseconds since 1970, UTC
    UNIQUE (project, name)
);
INSERT INTO "repo" VALUES(1,'default','repo',1795702333097807);
INSERT INTO "repo" VALUES(3,'project','other',1795702333098933);
CREATE TABLE shared (
    content PRIMARY KEY,                 -- one that more than one version or row of pieces refers to
    uses INTEGER NOT NULL                -- how many more
) WITHOUT ROWID;
CREATE INDEX subvenance ON provenance (upstream);
CREATE INDEX dropped_line ON line (id) WHERE dropped;
CREATE INDEX line_commits ON commits (line);
CREATE INDEX history_until ON history (line, until);
CREATE INDEX dropped_composed ON composed (id) WHERE dropped;
CREATE TRIGGER branch_named AFTER INSERT ON branch BEGIN
        INSERT INTO named (name, created)
        SELECT branch.name || '.' || repo.name || iif(repo.project = 'default', '', '.' || repo.project), repo.created
        FROM branch JOIN repo ON repo.id = branch.repo WHERE branch.id = new.id;
    END;
CREATE TRIGGER branch_unnamed BEFORE DELETE ON branch BEGIN
        DELETE FROM named WHERE name = (
            SELECT branch.name || '.' || repo.name || iif(repo.project = 'default', '', '.' || repo.project) FROM branch JOIN repo ON repo.id = branch.repo WHERE branch.id = old.id
        );
    END;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('line',5);
INSERT INTO "sqlite_sequence" VALUES('branch',5);
COMMIT;
PRAGMA user_version=3;
