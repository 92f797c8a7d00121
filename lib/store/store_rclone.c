#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/time.h"
#include "store/store_rclone.h"
#include "store/store_tree.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/proc.h"

/*
 * A remote of rclone(1), for what is reached by nothing else. rclone has no
 * conditional write: an object is looked for, written under a name that no
 * object can have, measured and moved. Two writers of one name are not noticed.
 * It asks nobody for a password: it would read it from what it is to store.
 */

#define PIECE    ((size_t)64 << 10)
#define LIST_MAX ((size_t)64 << 20)
#define ARGV_MAX 16
#define QUIET_S  900
/* A move may be a copy, of which rclone says nothing before its end. */
#define WRITE_S   (6 * 3600)
#define NOT_FOUND 3 /* what rclone exits with, also for a folder */
#define ABSENT    4

struct rclone {
	struct gv_store *store;
	struct gv_buf root; /* REMOTE:PATH/ or REMOTE: */
	bool is_swept;
};

/* ---- opening ---- */

static void
rclone_close(void *self)
{
	struct rclone *c = self;

	gv_buf_release(&c->root);
	free(c);
}

/* No parameters, among which passwords may be, and no other place of this host
 * than the configuration names. */
static size_t
remote_of(const char *place)
{
	static const char may[] = "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
	size_t n = strspn(place, may);

	return *place != '-' && n && place[n] == ':' ? n : 0;
}

static int
rclone_open(void **out, struct gv_store *store, const char *place)
{
	struct rclone *c = calloc(1, sizeof(*c));
	size_t n = remote_of(place);
	struct gv_buf url = GV_BUF_INIT;

	if (c == NULL)
		return gv_err_nomem();
	*out = c;
	c->store = store;
	c->root = (struct gv_buf)GV_BUF_INIT;
	if (n == 0 || strpbrk(place + n, "\r\n"))
		return gv_err(GV_EREFUSED,
		    "'rclone:%.*s' is not the address of a store: "
		    "rclone:REMOTE:PATH, with the name of a remote that rclone "
		    "config has",
		    (int)strcspn(place, ":,="), place);
	gv_buf_addf(&url, "rclone:%s", place);
	if ((store->url = gv_buf_take(&url)) == NULL)
		return GV_ENOMEM;
	gv_buf_addstr(&c->root, place);
	if (place[n + 1] && c->root.p[c->root.len - 1] != '/')
		gv_buf_addch(&c->root, '/');
	return gv_buf_check(&c->root);
}

/* ---- running it ---- */

/* A run of rclone: what it is to do, and where. */
struct run {
	struct rclone *c;
	const char *words[8];  /* behind "rclone" */
	const char *name, *to; /* of objects; `to` NULL: one only */
	const struct gv_store_body *in;
	const struct gv_store_sink *sink;
	size_t most;
	/* private */
	char *piece;
	uint64_t given;
	int r;
	struct gv_proc p;
};

static int64_t
give(void *ctx, const void **data)
{
	struct run *run = ctx;
	const struct gv_store_body *b = run->in;
	uint64_t left = b->len - run->given;
	size_t n = left < PIECE ? (size_t)left : PIECE;
	ssize_t got = (ssize_t)n;

	if (n == 0)
		return 0;
	if (b->fd < 0)
		memcpy(
		    run->piece, (const char *)b->bytes + b->at + run->given, n);
	else
		got = gv_file_pread_full(
		    b->fd, run->piece, n, (off_t)(b->at + run->given));
	if (got < 0)
		return gv_err_sys("cannot read what is to be stored");
	if ((size_t)got < n)
		return gv_store_body_changed();
	run->given += n;
	run->c->store->count.bytes_out += n;
	gv_store_pace(run->c->store, n);
	*data = run->piece;
	return (int64_t)n;
}

static void
told(void *ctx, struct gv_proc *p)
{
	struct run *run = ctx;

	if (p->out.len && run->r == 0) {
		run->c->store->count.bytes_in += p->out.len;
		run->r = run->sink->write(run->sink->ctx, p->out.p, p->out.len);
		gv_store_pace(run->c->store, p->out.len);
	}
	gv_buf_reset(&p->out);
	p->is_refused = run->r != 0;
}

/* The last line, without its date: "Failed to …". */
static const char *
why(struct gv_proc *p)
{
	const char *line;

	while (p->err.len && strchr("\r\n", p->err.p[p->err.len - 1]))
		gv_buf_truncate(&p->err, p->err.len - 1);
	if (p->err.len == 0)
		return "it says nothing";
	line = strrchr(p->err.p, '\n');
	line = line ? line + 1 : p->err.p;
	return strlen(line) > 20 && line[4] == '/' && line[19] == ' '
	    ? line + 20
	    : line;
}

/* Seconds of silence. */
static int
patience(const struct run *run)
{
	const int said = run->c->store->opts.stall_s;

	return said ? said : run->in || run->to ? WRITE_S : QUIET_S;
}

static int
start(struct run *run, const struct gv_buf *from, const struct gv_buf *to)
{
	const char *argv[ARGV_MAX] = { "rclone", "--retries", "3" };
	static const char *const env[] = { "TZ=UTC",
		"RCLONE_ASK_PASSWORD=false", "RCLONE_SFTP_ASK_PASSWORD=false",
		NULL };
	struct gv_proc_opts opts = { .argv = argv,
		.env = env,
		.most = run->most ? run->most : LIST_MAX,
		.is_apart = true,
		.idle_ms = patience(run) * 1000,
		.ctx = run };
	size_t n = 3, i;
	int r;

	for (i = 0; run->words[i]; i++)
		argv[n++] = run->words[i];
	argv[n++] = "--";
	argv[n++] = from->p;
	if (run->to)
		argv[n++] = to->p;
	if (run->in)
		opts.give = give;
	if (run->sink) {
		opts.told = told;
		opts.most = 0;
	}
	run->c->store->count.requests++;
	r = gv_proc_run(&run->p, &opts);
	if (run->r == 0 && run->p.is_late)
		r = gv_err(GV_ERROR,
		    "%s: rclone neither read nor wrote anything for %d s; does "
		    "the command of its password wait for somebody?",
		    run->c->store->url, patience(run));
	return run->r ? run->r : r;
}

/* Run it. 0; GV_ENOTFOUND; GV_ERROR with what it said. run->p is to be
 * released. */
static int
run_it(struct run *run, const char *doing)
{
	struct gv_buf from = GV_BUF_INIT, to = GV_BUF_INIT;
	const char *url = run->c->store->url;
	int r;

	run->p = (struct gv_proc)GV_PROC_INIT;
	run->piece = run->in ? malloc(PIECE) : NULL;
	gv_buf_addf(&from, "%s%s", run->c->root.p, run->name);
	gv_buf_addf(&to, "%s%s", run->c->root.p, run->to ? run->to : "");
	r = run->in && run->piece == NULL ? gv_err_nomem() : 0;
	if (r == 0 && (r = gv_buf_check(&from)) == 0 &&
	    (r = gv_buf_check(&to)) == 0)
		r = start(run, &from, &to);
	if (r == 0 && (run->p.status == NOT_FOUND || run->p.status == ABSENT))
		r = gv_err(GV_ENOTFOUND, "%s does not have %s", url, run->name);
	else if (r == 0 && run->p.status)
		r = gv_err(GV_ERROR, "cannot %s %s in %s: rclone: %.300s",
		    doing, *run->name ? run->name : "what is", url,
		    why(&run->p));
	free(run->piece);
	gv_buf_release(&from);
	gv_buf_release(&to);
	return r;
}

static int
run_once(struct run *run, const char *doing)
{
	int r = run_it(run, doing);

	gv_proc_release(&run->p);
	return r;
}

/* ---- reading ---- */

#define LSF "lsf", "--format", "pst", "--separator", "\t"

bool
gv_store_rclone_line(
    struct gv_store_rclone_entry *out, const char *line, size_t len)
{
	const char *size = memchr(line, '\t', len), *time, *end = line + len;
	char text[GV_TIME_MAX] = "";
	char *stop;

	*out = (struct gv_store_rclone_entry){ .name = line };
	time = size ? memchr(size + 1, '\t', (size_t)(end - size - 1)) : NULL;
	if (time == NULL || size == line)
		return false;
	out->len = (size_t)(size - line);
	out->is_folder = size[-1] == '/';
	out->len -= out->is_folder;
	if (out->is_folder)
		return out->len > 0;
	if (size[1] < '0' || size[1] > '9')
		return false;
	out->stat.bytes = strtoull(size + 1, &stop, 10);
	if (stop != time)
		return false;
	/* "2026-11-30 06:24:27" */
	if (end - time == 20) {
		memcpy(text, time + 1, 19);
		text[10] = 'T';
		memcpy(text + 19, "Z", 2);
		if (gv_time_parse_rfc3339(&out->stat.modified, text) < 0)
			out->stat.modified = 0;
	}
	return true;
}

static int
rclone_stat(void *self, struct gv_store_stat *out, const char *name)
{
	struct run run = { .c = self, .words = { LSF }, .name = name };
	struct gv_store_rclone_entry e;
	size_t len;
	int r = run_it(&run, "look at");

	if (r == 0) {
		len = strcspn(run.p.out.p, "\n");
		/* of a folder it lists what is in it */
		if (!gv_store_rclone_line(&e, run.p.out.p, len) ||
		    e.is_folder || run.p.out.len > len + 1)
			r = gv_err(GV_EREFUSED, "%s in %s is not a file", name,
			    run.c->store->url);
		else
			*out = e.stat;
	}
	gv_proc_release(&run.p);
	return r;
}

static int
rclone_get(void *self, const char *name, uint64_t at, uint64_t len,
    const struct gv_store_sink *sink)
{
	struct run run = {
		.c = self, .words = { "cat" }, .name = name, .sink = sink
	};
	char offset[32], count[32];
	struct gv_store_stat stat = { 0 };
	int r;

	if (at || len != UINT64_MAX) {
		if ((r = rclone_stat(self, &stat, name)) < 0)
			return r;
		if (at >= stat.bytes || len == 0)
			return 0;
		if (len > stat.bytes - at)
			len = stat.bytes - at;
		snprintf(offset, sizeof(offset), "--offset=%llu",
		    (unsigned long long)at);
		snprintf(count, sizeof(count), "--count=%llu",
		    (unsigned long long)len);
		run.words[1] = offset;
		run.words[2] = count;
	}
	return run_once(&run, "read");
}

static int
read_folder(void *self, struct gv_store_folder *out, const char *path)
{
	struct run run = { .c = self, .words = { LSF }, .name = path };
	struct gv_store_rclone_entry e;
	const char *line;
	size_t len;
	int r = run_it(&run, "list");

	if (r == GV_ENOTFOUND && *path == '\0')
		r = gv_err(GV_ENOTFOUND,
		    "there is nothing at %s: it was moved or is not mounted, "
		    "or nothing was ever stored there",
		    run.c->store->url);
	for (line = run.p.out.p; r == 0 && *line; line += len + 1) {
		len = strcspn(line, "\n");
		if (gv_store_rclone_line(&e, line, len))
			r = gv_store_folder_add(
			    out, e.name, e.len, e.is_folder, &e.stat);
		if (line[len] == '\0')
			break;
	}
	gv_proc_release(&run.p);
	return r;
}

/* ---- writing ---- */

bool
gv_store_rclone_is_denied(const char *said)
{
	static const char *const all[] = { "permission denied",
		"operation not permitted", "read-only file system", "forbidden",
		"access denied", "accessdenied", "unauthorized",
		"insufficientfilepermissions" };
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcasestr(said, all[i]))
			return true;
	return false;
}

static int
remove_name(void *self, const char *name)
{
	struct run run = { .c = self, .words = { "deletefile" }, .name = name };
	struct gv_store_stat stat = { 0 };
	int r = rclone_stat(self, &stat, name);

	/* it tries thrice to delete what is not there, and then fails */
	if (r < 0)
		return r == GV_ENOTFOUND ? 0 : r;
	r = run_it(&run, "delete");
	if (r == GV_ERROR && run.p.status &&
	    gv_store_rclone_is_denied(run.p.err.p))
		r = GV_ENOKEY;
	gv_proc_release(&run.p);
	return r;
}

/* Not all remotes report that they took less. */
static int
check_size(struct rclone *c, const char *part, uint64_t bytes)
{
	struct gv_store_stat stat = { 0 };
	int r = rclone_stat(c, &stat, part);

	if (r < 0 || stat.bytes == bytes)
		return r;
	return gv_err(GV_ECORRUPT, "%s took %llu of %llu bytes", c->store->url,
	    (unsigned long long)stat.bytes, (unsigned long long)bytes);
}

static int
rclone_put(void *self, struct gv_store_stat *out, const char *name,
    const struct gv_store_body *body, unsigned flags, const char *etag)
{
	char part[GV_STORE_TREE_PART_SIZE];
	struct rclone *c = self;
	struct run write = {
		.c = c, .words = { "rcat" }, .name = part, .in = body
	};
	struct run move = { .c = c,
		.words = { "moveto", "--ignore-times" },
		.name = part,
		.to = name };
	char *message;
	int r = gv_store_tree_part(part);

	(void)flags;
	(void)etag;
	if (r == 0)
		r = gv_store_body_check(body);
	if (r < 0)
		return r;
	r = run_once(&write, "store");
	if (r == 0 && (r = check_size(c, part, body->len)) == 0)
		r = run_once(&move, "store");
	if (r < 0) {
		message = gv_err_save();
		(void)remove_name(c, part);
		gv_err_restore(message);
		return r;
	}
	*out = (struct gv_store_stat){ .bytes = body->len,
		.modified = gv_clock_now().tv_sec };
	return 0;
}

/* ---- listing and deleting ---- */

static struct gv_store_tree
tree_of(struct rclone *c)
{
	return (
	    struct gv_store_tree){ read_folder, remove_name, c, c->store->url };
}

static int
rclone_list(void *self, const char *prefix, const char *after,
    gv_store_list_fn *fn, void *ctx)
{
	struct gv_store_tree tree = tree_of(self);

	return gv_store_tree_list(&tree, prefix, after, fn, ctx);
}

/* Who deletes may also remove what killed writers left. */
static int
rclone_remove(void *self, const char *name)
{
	struct rclone *c = self;
	struct gv_store_tree tree = tree_of(c);
	int r = c->is_swept ? 0 : gv_store_tree_sweep(&tree, "");

	c->is_swept = true;
	return r < 0 ? r : remove_name(c, name);
}

const struct gv_store_kind gv_store_rclone_kind = { "rclone:", rclone_open,
	rclone_close, rclone_put, rclone_get, rclone_stat, rclone_list,
	rclone_remove, NULL, NULL, GV_STORE_UNSEEN };
