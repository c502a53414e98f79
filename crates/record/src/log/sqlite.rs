//! A `rosbag2` log in SQLite, the storage of ROS 2 before Iron: tables `topics` and `messages`.
//!
//! Somebody else's database: it is opened for reading, its schema is not trusted (no view, no virtual table stands in for one of
//! the two), and no value in it is longer than [`LONGEST_VALUE`]. What breaks after the first messages is told as damage.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::{Connection, Error, OpenFlags};

use super::LogError;
use super::gather::Gathered;

/// No message is longer, bytes.
const LONGEST_VALUE: i32 = 256 << 20;

/// Reads the file `path` into `gathered`.
pub(super) fn read(path: &Path, gathered: &mut Gathered) -> Result<(), LogError> {
    let broken = |error: &Error| {
        LogError::foreign(
            path,
            &format!("a `rosbag2` log in SQLite that cannot be read ({error})"),
            "`sqlite3 FILE .recover` may bring back what is left of it",
        )
    };
    let database = open(path).map_err(|error| broken(&error))?;
    let topics = topics(&database).map_err(|error| broken(&error))?;
    let Some(topics) = topics else {
        return Err(LogError::foreign(
            path,
            "an SQLite database, and no `rosbag2` log: it has no tables `topics` and `messages`",
            "give the *.db3 file, or the folder that `ros2 bag record` wrote",
        ));
    };
    let indices: BTreeMap<i64, usize> = topics
        .into_iter()
        .map(|(id, name, kind, encoding)| (id, gathered.topic(&name, &kind, &encoding)))
        .collect();
    let result = messages(&database, &indices, gathered);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    match result {
        Ok(None) => {}
        Ok(Some(why)) => gathered.damaged(format!("{name}: {why}")),
        Err(error) => gathered.damaged(format!("{name}: the rest cannot be read: {error}")),
    }
    Ok(())
}

fn open(path: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let database = Connection::open_with_flags(path, flags)?;
    database.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    database.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    database.set_limit(Limit::SQLITE_LIMIT_LENGTH, LONGEST_VALUE)?;
    Ok(database)
}

/// Id, name, type and encoding of a topic.
type Topic = (i64, String, String, String);

/// The topics; `None` if there are not both tables, as plain ones.
fn topics(database: &Connection) -> Result<Option<Vec<Topic>>, Error> {
    let plain = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN ('topics', 'messages') \
                 AND sql NOT LIKE 'CREATE VIRTUAL%'";
    if database.query_row(plain, [], |row| row.get::<_, i64>(0))? != 2 {
        return Ok(None);
    }
    let mut query =
        database.prepare("SELECT id, name, type, serialization_format FROM topics ORDER BY id")?;
    let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
    rows.collect::<Result<_, _>>().map(Some)
}

/// All messages in the order in which they were written; why the rest is left out, if it is.
fn messages(
    database: &Connection,
    topics: &BTreeMap<i64, usize>,
    gathered: &mut Gathered,
) -> Result<Option<String>, Error> {
    let mut query = database.prepare("SELECT topic_id, timestamp, data FROM messages ORDER BY id")?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let topic = row.get::<_, i64>(0)?;
        let received = u64::try_from(row.get::<_, i64>(1)?).unwrap_or(0);
        let Ok(data) = row.get_ref(2)?.as_blob() else {
            gathered.damaged("messages without data".to_owned());
            continue;
        };
        let Some(topic) = topics.get(&topic) else {
            gathered.damaged("messages of a topic that the file does not name".to_owned());
            continue;
        };
        if let Err(full) = gathered.message(*topic, received, data) {
            return Ok(Some(full));
        }
    }
    Ok(None)
}
