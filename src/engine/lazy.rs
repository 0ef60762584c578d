//! A schema whose tables are made when they are first asked for: most statements need none of the views.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::catalog::{MemorySchemaProvider, SchemaProvider};
use datafusion::datasource::TableProvider;
use datafusion::error::Result;
use datafusion::execution::session_state::SessionState;
use datafusion::prelude::SessionContext;
use futures::future::BoxFuture;

/// How a table is made.
pub(super) type Make =
    Arc<dyn Fn(SessionState) -> BoxFuture<'static, Result<Arc<dyn TableProvider>>> + Send + Sync>;

/// The session's state as of when it is asked for. The session owns the schema: it is not owned back.
type StateOf = Box<dyn Fn() -> Option<SessionState> + Send + Sync>;

/// Tables made already, and those that can be.
pub(super) struct LazySchema {
    made: MemorySchemaProvider,
    waiting: BTreeMap<String, Make>,
    state: StateOf,
}

impl LazySchema {
    /// A schema of the session with these tables waiting to be made.
    pub(super) fn new(context: &SessionContext, waiting: BTreeMap<String, Make>) -> Self {
        let state = context.state_weak_ref();
        let state = Box::new(move || Some(state.upgrade()?.read().clone()));
        Self { made: MemorySchemaProvider::new(), waiting, state }
    }
}

impl fmt::Debug for LazySchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LazySchema").field("tables", &self.table_names()).finish()
    }
}

#[async_trait]
impl SchemaProvider for LazySchema {
    fn table_names(&self) -> Vec<String> {
        let mut names = self.made.table_names();
        names.extend(self.waiting.keys().filter(|name| !self.made.table_exist(name)).cloned());
        names
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        if let Some(made) = self.made.table(name).await? {
            return Ok(Some(made));
        }
        let (Some(make), Some(state)) = (self.waiting.get(name), (self.state)()) else { return Ok(None) };
        let table = make(state).await?;
        // Whoever asks at the same time makes the same table.
        if !self.made.table_exist(name) {
            self.made.register_table(name.to_owned(), Arc::clone(&table))?;
        }
        Ok(Some(table))
    }

    fn register_table(
        &self,
        name: String,
        table: Arc<dyn TableProvider>,
    ) -> Result<Option<Arc<dyn TableProvider>>> {
        self.made.register_table(name, table)
    }

    fn deregister_table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        self.made.deregister_table(name)
    }

    fn table_exist(&self, name: &str) -> bool {
        self.made.table_exist(name) || self.waiting.contains_key(name)
    }
}
