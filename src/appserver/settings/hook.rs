//! The functions that a Python configuration may define, to be called at moments of the server's life.

/// One hook: its name and when it is called.
pub struct Hook {
    /// What the function is called.
    pub name: &'static str,
    /// What it is called with.
    pub takes: &'static str,
    /// When, in a sentence.
    pub moment: &'static str,
}

/// All hooks, in the order of a server's life.
pub const HOOKS: [Hook; 15] = [
    Hook { name: "on_starting", takes: "server", moment: "Before anything else" },
    Hook {
        name: "nworkers_changed",
        takes: "server, new, old",
        moment: "When the number of workers changes",
    },
    Hook { name: "when_ready", takes: "server", moment: "When the sockets are open" },
    Hook { name: "pre_fork", takes: "server, worker", moment: "Before a worker starts" },
    Hook { name: "post_fork", takes: "server, worker", moment: "In a worker that has just started" },
    Hook { name: "post_worker_init", takes: "worker", moment: "In a worker that has loaded the application" },
    Hook { name: "pre_request", takes: "worker, req", moment: "Before a request" },
    Hook { name: "post_request", takes: "worker, req, environ, resp", moment: "After a request" },
    Hook { name: "worker_int", takes: "worker", moment: "In a worker that is told to go at once" },
    Hook { name: "worker_abort", takes: "worker", moment: "In a worker whose request took too long" },
    Hook { name: "worker_exit", takes: "server, worker", moment: "In a worker that leaves" },
    Hook { name: "child_exit", takes: "server, worker", moment: "When a worker is gone" },
    Hook { name: "on_reload", takes: "server", moment: "When a reload begins" },
    Hook { name: "pre_exec", takes: "server", moment: "Before the server becomes a newer one" },
    Hook { name: "on_exit", takes: "server", moment: "At the end" },
];

/// Hooks of Gunicorn that are never called here, and why.
pub const REFUSED: [(&str, &str); 5] = [
    ("ssl_context", "TLS is Nginx's work, in front of this server"),
    ("on_dirty_starting", "there are no dirty arbiters; long work belongs to a task queue"),
    ("dirty_post_fork", "there are no dirty arbiters; long work belongs to a task queue"),
    ("dirty_worker_init", "there are no dirty arbiters; long work belongs to a task queue"),
    ("dirty_worker_exit", "there are no dirty arbiters; long work belongs to a task queue"),
];
