//! Logs in SQLite: the same messages, the same readings; and databases that are none or lie.

use std::path::Path;

use neuraxis_record::{Log, LogOptions};
use rusqlite::{Connection, params};

use crate::writing::{Entry, robot, robot_log};

/// The tables of `rosbag2` (schema version 3, Humble).
const TABLES: &str = "
CREATE TABLE topics(id INTEGER PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL,
  serialization_format TEXT NOT NULL, offered_qos_profiles TEXT NOT NULL);
CREATE TABLE messages(id INTEGER PRIMARY KEY, topic_id INTEGER NOT NULL, timestamp INTEGER NOT NULL, data BLOB NOT NULL);
CREATE INDEX timestamp_idx ON messages (timestamp ASC);";

fn write(path: &Path, entries: &[Entry]) -> Connection {
    let database = Connection::open(path).expect("a database");
    database.execute_batch(TABLES).expect("tables");
    database.execute_batch("BEGIN").expect("begin");
    for entry in entries {
        let known = database
            .query_row("SELECT id FROM topics WHERE name = ?1", [entry.topic], |row| row.get::<_, i64>(0));
        let topic = known.unwrap_or_else(|_| {
            let insert = "INSERT INTO topics(name, type, serialization_format, offered_qos_profiles) VALUES (?1, ?2, 'cdr', '')";
            database.execute(insert, params![entry.topic, entry.kind]).expect("a topic");
            database.last_insert_rowid()
        });
        let insert = "INSERT INTO messages(topic_id, timestamp, data) VALUES (?1, ?2, ?3)";
        database.execute(insert, params![topic, entry.time as i64, entry.data]).expect("a message");
    }
    database.execute_batch("COMMIT").expect("commit");
    database
}

#[test]
fn a_log_in_sqlite_is_the_log_in_mcap() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("bag_0.db3");
    drop(write(&file, &robot()));
    let straight = robot_log();
    for path in [file.as_path(), folder.path()] {
        let log = Log::open(path, &LogOptions::default()).expect("a log");
        assert_eq!(log.damage, None);
        assert_eq!(format!("{:?}", log.readings), format!("{:?}", straight.readings));
        assert_eq!(log.references, straight.references);
    }
}

#[test]
fn a_database_that_is_no_log_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let said = |name: &str, sql: &str| {
        let path = folder.path().join(name);
        Connection::open(&path).expect("a database").execute_batch(sql).expect("sql");
        Log::open(&path, &LogOptions::default()).expect_err("no log").to_string()
    };
    assert!(said("other.db3", "CREATE TABLE photos(id INTEGER);").contains("no `rosbag2` log"));
    // A view that never ends is no table.
    let endless = "CREATE TABLE topics(id, name, type, serialization_format);
      CREATE VIEW messages AS WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n)
      SELECT id, id AS topic_id, id AS timestamp, x'00' AS data FROM n;";
    assert!(said("endless.db3", endless).contains("no `rosbag2` log"));
    assert!(
        said("typed.db3", "CREATE TABLE topics(a); CREATE TABLE messages(b);").contains("cannot be read")
    );
}

#[test]
fn odd_rows_are_reported_and_the_others_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("odd.db3");
    let database = write(&path, &robot());
    database
        .execute_batch(
            "INSERT INTO messages(topic_id, timestamp, data) VALUES (999, 1700000000000000000, x'00010000');
             INSERT INTO messages(topic_id, timestamp, data) VALUES (1, 1700000000000000000, 'words');",
        )
        .expect("rows");
    drop(database);
    let log = Log::open(&path, &LogOptions::default()).expect("a log");
    let damage = log.damage.expect("it is told");
    assert!(damage.contains("does not name") && damage.contains("without data"), "{damage}");
    assert_eq!(log.readings.len(), robot_log().readings.len());
}

#[test]
fn a_damaged_database_is_no_panic() {
    let folder = tempfile::tempdir().expect("a folder");
    let whole = folder.path().join("whole.db3");
    drop(write(&whole, &robot()));
    let bytes = std::fs::read(&whole).expect("a file");
    let path = folder.path().join("damaged.db3");
    let mut opened = 0;
    for step in 0..120_usize {
        let mut damaged = bytes.clone();
        let at = (step * 7919 + 16) % damaged.len();
        if step % 3 == 0 {
            damaged.truncate(at.max(100));
        } else {
            let end = (at + 40).min(damaged.len());
            damaged[at..end].fill(if step % 2 == 0 { 0xff } else { 0 });
        }
        std::fs::write(&path, damaged).expect("a file");
        opened += usize::from(Log::open(&path, &LogOptions::default()).is_ok());
    }
    assert!(opened > 20, "most damage costs a part: {opened} of 120 were opened");
}
