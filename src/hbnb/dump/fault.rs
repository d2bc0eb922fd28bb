//! What can be wrong with a file that is imported, as facts about a line of it.

use std::{fmt, io};

/// Why reading stopped.
#[derive(Debug)]
pub enum Fail {
    /// Nobody wants more rows.
    Stop,
    /// The file cannot be read.
    Read(io::Error),
    /// This is wrong in this line.
    At(u64, Fault),
}

impl From<io::Error> for Fail {
    fn from(cause: io::Error) -> Self {
        Fail::Read(cause)
    }
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Something else was expected.
    Expected {
        /// What would have been right.
        wanted: &'static str,
        /// What is there.
        found: String,
    },
    /// The file ends within this, which begins in the line.
    Unclosed(&'static str),
    /// The file ends before the dump does; what is missing.
    Incomplete(&'static str),
    /// There is nothing in the file that a dump or a `file.json` begins with.
    Empty,
    /// A value is longer than any of ours can be.
    Long,
    /// The text is in an encoding that we do not read.
    Charset(String),
    /// The bytes of a value are no text in the dump's encoding.
    Encoding {
        /// The table's column.
        column: String,
        /// The encoding.
        wanted: &'static str,
    },
    /// A value does not fit its column.
    Value {
        /// The table's column.
        column: String,
        /// The value's beginning.
        found: String,
        /// What fits.
        wanted: String,
    },
    /// A row has more or fewer values than the table has columns.
    Count {
        /// The table.
        table: String,
        /// How many values there are.
        values: usize,
        /// How many columns.
        columns: usize,
    },
    /// Our table has no such column.
    Unknown(String),
    /// A column that must be there is not.
    Missing(String),
    /// Rows come without the names of their columns, and the table was not described before.
    Nameless(String),
    /// Two databases of the file have tables of ours.
    Databases(String, String),
    /// JSON that is none.
    Json(String),
    /// A row of this name is there already, and its column holds something else.
    Differs {
        /// The row, as `Class.id`.
        row: String,
        /// The first column that differs.
        column: &'static str,
    },
}

impl Fault {
    /// What to type, or to do, to mend it.
    pub fn fix(&self) -> &'static str {
        match self {
            Fault::Expected { .. } | Fault::Json(_) | Fault::Empty => {
                "give a dump made by `mysqldump DATABASE > FILE`, or a file.json of the console"
            }
            Fault::Incomplete("the last line `-- Dump completed`") => {
                "make the dump again; if nothing but this line is lost, add it"
            }
            Fault::Unclosed(_) | Fault::Incomplete(_) => "make the dump again; this one was cut",
            Fault::Charset(_) | Fault::Encoding { .. } => {
                "make the dump again with `mysqldump --default-character-set=utf8mb4`"
            }
            Fault::Count { .. } | Fault::Nameless(_) => {
                "make the dump again with `mysqldump --complete-insert`"
            }
            Fault::Unknown(_) => "add `--skip-unknown` to leave such values out",
            Fault::Databases(..) => "make a dump of one database: `mysqldump DATABASE > FILE`",
            Fault::Long | Fault::Value { .. } | Fault::Missing(_) => {
                "change this value, then run the same command again"
            }
            Fault::Differs { .. } => {
                "delete the row here or there, or import into another database with `--database`"
            }
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Expected { wanted, found } => write!(f, "expected {wanted}, found `{found}`"),
            Fault::Unclosed(what) => write!(f, "the file ends within the {what} that begins here"),
            Fault::Incomplete(what) => write!(f, "the file ends before the dump does: it lacks {what}"),
            Fault::Empty => write!(f, "the file holds neither SQL nor JSON"),
            Fault::Long => write!(f, "a value of more than a million bytes fits no column"),
            Fault::Charset(name) => {
                write!(f, "the encoding `{name}` is neither utf8, utf8mb4 nor latin1")
            }
            Fault::Encoding { column, wanted } => write!(f, "`{column}` holds bytes that are not {wanted}"),
            Fault::Value { column, found, wanted } => {
                write!(f, "`{column}` is `{found}`; it must be {wanted}")
            }
            Fault::Count { table, values, columns } => {
                write!(f, "a row of `{table}` has {values} values, but {columns} columns")
            }
            Fault::Unknown(column) => write!(f, "there is no place here for `{column}`"),
            Fault::Missing(column) => write!(f, "there is no value for `{column}`"),
            Fault::Nameless(table) => write!(f, "the columns of `{table}` are not named"),
            Fault::Databases(one, other) => write!(f, "rows of database `{one}` and of `{other}`"),
            Fault::Json(cause) => write!(f, "{cause}"),
            Fault::Differs { row, column } => {
                write!(f, "`{row}` is already there with another `{column}`")
            }
        }
    }
}
