#include "store/store_sftp.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "net/retry.h"
#include "store/store_tree.h"

/*
 * A folder of a server by SFTP. An object is written under a name that no
 * object can have, flushed, and renamed: by version 3 of the protocol a rename
 * replaces nothing. Spoken here and not by sftp(1), whose failures are
 * sentences for people, and which connects again for each batch.
 */

#define ANSWER_MS 60000
#define GIVE_UP_S 600

/* ---- opening ---- */

static void
sftp_close(void *self)
{
	struct gv_store_sftp *f = self;

	gv_store_sftp_close(&f->session);
	free(f->host);
	free(f->user);
	free(f->port);
	gv_buf_release(&f->root);
	free(f);
}

/* USER@HOST:PORT, the first and the last of which may be missing. */
static int
take_host(struct gv_store_sftp *f, const char *place, size_t len)
{
	const char *at = memchr(place, '@', len), *end = place + len;
	const char *host = at ? at + 1 : place, *colon;

	if (at && (f->user = strndup(place, (size_t)(at - place))) == NULL)
		return gv_err_nomem();
	colon = *host == '[' ? memchr(host, ']', (size_t)(end - host)) : host;
	if (colon)
		colon = memchr(colon, ':', (size_t)(end - colon));
	if (colon) {
		f->port = strndup(colon + 1, (size_t)(end - colon - 1));
		end = colon;
		if (f->port == NULL)
			return gv_err_nomem();
	}
	/* an address of version 6 */
	if (end - host > 2 && *host == '[' && end[-1] == ']') {
		host++;
		end--;
	}
	f->host = strndup(host, (size_t)(end - host));
	return f->host ? 0 : gv_err_nomem();
}

/* As in Git's addresses: from the root, or behind ~ from the home folder. */
static int
take_path(struct gv_store_sftp *f, const char *path)
{
	int r = gv_enc_unpercent(&f->root, path, strlen(path));

	if (r < 0)
		return r;
	if (strncmp(f->root.p, "/~", 2) == 0 &&
	    (f->root.p[2] == '/' || f->root.p[2] == '\0')) {
		struct gv_buf home = GV_BUF_INIT;

		gv_buf_addstr(&home, f->root.p + 2 + (f->root.p[2] == '/'));
		gv_buf_release(&f->root);
		f->root = home;
	}
	while (f->root.len > 1 && f->root.p[f->root.len - 1] == '/')
		gv_buf_truncate(&f->root, f->root.len - 1);
	if (f->root.len && f->root.p[f->root.len - 1] != '/')
		gv_buf_addch(&f->root, '/');
	return gv_buf_check(&f->root);
}

static bool
is_address(const struct gv_store_sftp *f)
{
	return gv_store_sftp_is_host(f->host) &&
	    (f->user == NULL || gv_store_sftp_is_user(f->user)) &&
	    (f->port == NULL || gv_store_sftp_is_port(f->port));
}

static int
sftp_open(void **out, struct gv_store *store, const char *place)
{
	struct gv_store_sftp *f = calloc(1, sizeof(*f));
	struct gv_buf url = GV_BUF_INIT;
	size_t n = strcspn(place, "/");
	int r;

	if (f == NULL)
		return gv_err_nomem();
	*out = f;
	f->store = store;
	f->root = (struct gv_buf)GV_BUF_INIT;
	f->session = (struct gv_store_sftp_session)GV_STORE_SFTP_SESSION_INIT;
	gv_buf_addf(&url, "sftp://%s", place);
	if ((store->url = gv_buf_take(&url)) == NULL)
		return GV_ENOMEM;
	if ((r = take_host(f, place, n)) == 0 && is_address(f) &&
	    place[n] == '/')
		r = take_path(f, place + n);
	else if (r == 0)
		r = GV_EREFUSED;
	if (r == GV_EREFUSED)
		return gv_err(GV_EREFUSED,
		    "'sftp://%.*s' is not the address of a folder: "
		    "sftp://USER@HOST:PORT/PATH, or /~/PATH from the home "
		    "folder",
		    (int)strcspn(place, ":"), place);
	f->session.host = f->host;
	f->session.user = f->user;
	f->session.port = f->port;
	f->session.answer_ms =
	    store->opts.stall_s ? store->opts.stall_s * 1000 : ANSWER_MS;
	return r;
}

/* ---- requests that are answered by a status, a handle or attributes ---- */

int
gv_store_sftp_odd(const struct gv_store_sftp *f)
{
	return gv_err(GV_ECORRUPT, "%s: the server's answer makes no sense",
	    f->store->url);
}

int
gv_store_sftp_take(void *ctx, const struct gv_store_sftp_reply *reply)
{
	struct gv_store_sftp_answer *a = ctx;
	struct gv_store_sftp_in in = reply->in;
	const char *text;

	a->type = reply->type;
	a->status = GV_STORE_SFTP_OK;
	switch (reply->type) {
	case GV_STORE_SFTP_STATUS:
		a->status = (unsigned)gv_store_sftp_number(&in, 4);
		break;
	case GV_STORE_SFTP_ATTRS:
		gv_store_sftp_attrs(&a->attrs, &in);
		break;
	case GV_STORE_SFTP_HANDLE:
		text = gv_store_sftp_text(&in, &a->handle_len);
		if (a->handle_len == 0 ||
		    a->handle_len > GV_STORE_SFTP_HANDLE_MAX)
			return gv_store_sftp_odd(a->f);
		memcpy(a->handle, text, a->handle_len);
		break;
	default:
		return gv_store_sftp_odd(a->f);
	}
	return in.is_bad ? gv_store_sftp_odd(a->f) : 0;
}

/* Send the one request that is begun at `at`, and wait for its answer. */
int
gv_store_sftp_settle(
    struct gv_store_sftp_answer *a, struct gv_store_sftp *f, size_t at)
{
	a->f = f;
	gv_store_sftp_end(&f->session.out, at);
	return gv_store_sftp_talk(&f->session, 0, gv_store_sftp_take, a);
}

void
gv_store_sftp_path(struct gv_store_sftp *f, const char *name)
{
	struct gv_buf path = GV_BUF_INIT;

	gv_buf_addf(&path, "%s%s", f->root.p, name);
	/* the home folder itself, or one without its '/' */
	if (path.len == 0)
		gv_buf_addch(&path, '.');
	else if (path.len > 1 && path.p[path.len - 1] == '/')
		gv_buf_truncate(&path, path.len - 1);
	gv_store_sftp_add(&f->session.out, path.p, path.len);
	gv_buf_release(&path);
}

int
gv_store_sftp_ask_path(struct gv_store_sftp_answer *a, struct gv_store_sftp *f,
    enum gv_store_sftp_type type, const char *name)
{
	size_t at = gv_store_sftp_ask(&f->session, type);

	gv_store_sftp_path(f, name);
	if (type == GV_STORE_SFTP_MKDIR)
		gv_enc_add_number(&f->session.out, 0, 4);
	return gv_store_sftp_settle(a, f, at);
}

int
gv_store_sftp_ask_handle(struct gv_store_sftp_answer *a,
    struct gv_store_sftp *f, enum gv_store_sftp_type type,
    const struct gv_store_sftp_answer *handle)
{
	size_t at = gv_store_sftp_ask(&f->session, type);

	gv_store_sftp_add(&f->session.out, handle->handle, handle->handle_len);
	return gv_store_sftp_settle(a, f, at);
}

int
gv_store_sftp_ask_open(struct gv_store_sftp_answer *a, struct gv_store_sftp *f,
    const char *name, unsigned how)
{
	size_t at = gv_store_sftp_ask(&f->session, GV_STORE_SFTP_OPEN);

	gv_store_sftp_path(f, name);
	gv_enc_add_number(&f->session.out, how, 4);
	gv_enc_add_number(&f->session.out, 0, 4);
	return gv_store_sftp_settle(a, f, at);
}

/* The sentence for a status that is not OK. */
int
gv_store_sftp_fail(const struct gv_store_sftp *f,
    const struct gv_store_sftp_answer *a, const char *doing, const char *name)
{
	if (a->status == GV_STORE_SFTP_MISSING)
		return gv_err(
		    GV_ENOTFOUND, "%s does not have %s", f->store->url, name);
	if (a->status == GV_STORE_SFTP_DENIED)
		return gv_err(GV_EREFUSED,
		    "cannot %s %s in %s: the server does not permit it", doing,
		    name, f->store->url);
	return gv_err(GV_ERROR,
	    "cannot %s %s in %s: the server reports failure %u", doing, name,
	    f->store->url, a->status);
}

/* 0 where it went well. */
int
gv_store_sftp_judge(int r, const struct gv_store_sftp *f,
    const struct gv_store_sftp_answer *a, const char *doing, const char *name)
{
	return r < 0 || a->status == GV_STORE_SFTP_OK
	    ? r
	    : gv_store_sftp_fail(f, a, doing, name);
}

/* ---- again, where the connection broke ---- */

int
gv_store_sftp_until_done(struct gv_store_sftp *f,
    int (*fn)(struct gv_store_sftp *f, void *ctx), void *ctx)
{
	const struct gv_store_opts *o = &f->store->opts;
	struct gv_retry retry = {
		.within_ms = (o->give_up_s ? o->give_up_s : GIVE_UP_S) * 1000LL
	};
	int r;

	f->store->count.requests++;
	do {
		r = gv_store_sftp_open(&f->session);
		if (r == 0)
			r = fn(f, ctx);
	} while (r < 0 && f->session.is_cut && gv_retry_wait(&retry, 0));
	return r;
}

/* ---- reading ---- */

struct reading {
	struct gv_store_sftp *f;
	const char *name;
	uint64_t at, end;
	const struct gv_store_sink *sink;
	uint32_t first;  /* id of the first piece under way */
	size_t n, whole; /* pieces; bytes in a row from the first on */
	unsigned char *room;
	size_t got[GV_STORE_SFTP_WINDOW];
	bool is_end[GV_STORE_SFTP_WINDOW];
};

static int
take_piece(void *ctx, const struct gv_store_sftp_reply *reply)
{
	struct reading *rd = ctx;
	struct gv_store_sftp_in in = reply->in;
	size_t i = reply->id - rd->first, len;
	const char *data;
	unsigned status;

	if (i >= rd->n)
		return gv_store_sftp_odd(rd->f);
	if (reply->type == GV_STORE_SFTP_STATUS) {
		status = (unsigned)gv_store_sftp_number(&in, 4);
		rd->is_end[i] = status == GV_STORE_SFTP_EOF;
		return rd->is_end[i]
		    ? 0
		    : gv_store_sftp_fail(rd->f,
			  &(struct gv_store_sftp_answer){ .status = status },
			  "read", rd->name);
	}
	data = gv_store_sftp_text(&in, &len);
	if (reply->type != GV_STORE_SFTP_DATA || in.is_bad || len == 0 ||
	    len > GV_STORE_SFTP_PIECE)
		return gv_store_sftp_odd(rd->f);
	memcpy(rd->room + i * GV_STORE_SFTP_PIECE, data, len);
	rd->got[i] = len;
	return 0;
}

static uint64_t
smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Ask for the next pieces at once, and hand on what came in a row. 1 where that
 * was the end. */
static int
read_some(struct reading *rd, const struct gv_store_sftp_answer *handle)
{
	struct gv_store_sftp_session *s = &rd->f->session;
	uint64_t asked = rd->at;
	size_t i;
	int r;

	rd->n = 0;
	rd->first = gv_store_sftp_next(s);
	memset(rd->got, 0, sizeof(rd->got));
	memset(rd->is_end, 0, sizeof(rd->is_end));
	while (rd->n < GV_STORE_SFTP_WINDOW && asked < rd->end) {
		size_t want =
		    (size_t)smaller(GV_STORE_SFTP_PIECE, rd->end - asked);
		size_t at = gv_store_sftp_ask(s, GV_STORE_SFTP_READ);

		gv_store_sftp_add(&s->out, handle->handle, handle->handle_len);
		gv_enc_add_number(&s->out, asked, 8);
		gv_enc_add_number(&s->out, want, 4);
		gv_store_sftp_end(&s->out, at);
		asked += want;
		rd->n++;
	}
	if ((r = gv_store_sftp_talk(s, 0, take_piece, rd)) < 0)
		return r;
	for (i = 0; i < rd->n; i++) {
		size_t want =
		    (size_t)smaller(GV_STORE_SFTP_PIECE, rd->end - rd->at);

		if (rd->is_end[i])
			return 1;
		/* of nothing, another answer came twice */
		if (rd->got[i] == 0 || rd->got[i] > want)
			return gv_store_sftp_odd(rd->f);
		r = rd->sink->write(rd->sink->ctx,
		    rd->room + i * GV_STORE_SFTP_PIECE, rd->got[i]);
		if (r)
			return r;
		rd->at += rd->got[i];
		rd->f->store->count.bytes_in += rd->got[i];
		gv_store_pace(rd->f->store, rd->got[i]);
		/* the rest is asked for again, from there on */
		if (rd->got[i] < want)
			break;
	}
	return rd->at < rd->end ? 0 : 1;
}

static int
close_handle(struct gv_store_sftp *f, const struct gv_store_sftp_answer *handle)
{
	struct gv_store_sftp_answer closed = { 0 };

	return gv_store_sftp_ask_handle(
	    &closed, f, GV_STORE_SFTP_CLOSE, handle);
}

static int
read_all(struct gv_store_sftp *f, void *ctx)
{
	struct reading *rd = ctx;
	struct gv_store_sftp_answer a = { 0 };
	int r, closed = 0;

	r = gv_store_sftp_judge(
	    gv_store_sftp_ask_open(&a, f, rd->name, GV_STORE_SFTP_FOR_READ), f,
	    &a, "read", rd->name);
	if (r < 0)
		return r;
	r = rd->at < rd->end ? 0 : 1;
	while (r == 0)
		r = read_some(rd, &a);
	if (f->session.is_open)
		closed = close_handle(f, &a);
	return r == 1 ? closed : r;
}

static int
sftp_get(void *self, const char *name, uint64_t at, uint64_t len,
    const struct gv_store_sink *sink)
{
	struct reading rd = { .f = self,
		.name = name,
		.at = at,
		.end = len > UINT64_MAX - at ? UINT64_MAX : at + len,
		.sink = sink };
	int r;

	rd.room = malloc(GV_STORE_SFTP_WINDOW * GV_STORE_SFTP_PIECE);
	if (rd.room == NULL)
		return gv_err_nomem();
	r = gv_store_sftp_until_done(rd.f, read_all, &rd);
	free(rd.room);
	return r;
}

struct looking {
	const char *name;
	struct gv_store_stat *out;
};

static int
look(struct gv_store_sftp *f, void *ctx)
{
	struct looking *l = ctx;
	struct gv_store_sftp_answer a = { 0 };
	int r = gv_store_sftp_judge(
	    gv_store_sftp_ask_path(&a, f, GV_STORE_SFTP_LSTAT, l->name), f, &a,
	    "look at", l->name);

	if (r < 0)
		return r;
	if (!a.attrs.is_file || !a.attrs.has_size)
		return gv_err(GV_EREFUSED, "%s in %s is not a file", l->name,
		    f->store->url);
	*l->out = (struct gv_store_stat){ .bytes = a.attrs.size,
		.modified = a.attrs.modified };
	return 0;
}

static int
sftp_stat(void *self, struct gv_store_stat *out, const char *name)
{
	struct looking l = { name, out };

	return gv_store_sftp_until_done(self, look, &l);
}

/* ---- listing ---- */

struct folder_of {
	struct gv_store_folder *out;
	const char *path;
};

static int
add_entry(void *ctx, const char *name, size_t len,
    const struct gv_store_sftp_attrs *attrs)
{
	struct folder_of *l = ctx;
	struct gv_store_stat stat = { .bytes = attrs->size,
		.modified = attrs->modified };

	if (!attrs->is_folder && (!attrs->is_file || !attrs->has_size))
		return 0;
	return gv_store_folder_add(l->out, name, len, attrs->is_folder, &stat);
}

struct entries {
	struct gv_store_sftp *f;
	struct folder_of *to;
	unsigned status;
};

static int
take_entries(void *ctx, const struct gv_store_sftp_reply *reply)
{
	struct entries *e = ctx;
	struct gv_store_sftp_in in = reply->in;
	int r = 0;

	if (reply->type == GV_STORE_SFTP_STATUS)
		e->status = (unsigned)gv_store_sftp_number(&in, 4);
	else if (reply->type == GV_STORE_SFTP_NAME)
		r = gv_store_sftp_names(&in, add_entry, e->to);
	else
		return gv_store_sftp_odd(e->f);
	/* an OK here would go on for ever */
	if (r == GV_ECORRUPT || in.is_bad ||
	    (reply->type == GV_STORE_SFTP_STATUS &&
		e->status == GV_STORE_SFTP_OK))
		return gv_store_sftp_odd(e->f);
	return r;
}

static int
read_entries(struct gv_store_sftp *f, void *ctx)
{
	struct entries e = { f, ctx, GV_STORE_SFTP_OK };
	struct gv_store_sftp_session *s = &f->session;
	struct gv_store_sftp_answer a = { 0 };
	unsigned pages = 0;
	size_t at;
	int r;

	gv_store_folder_release(e.to->out);
	r = gv_store_sftp_judge(
	    gv_store_sftp_ask_path(&a, f, GV_STORE_SFTP_OPENDIR, e.to->path), f,
	    &a, "list", "its folder");
	while (r == 0 && e.status == GV_STORE_SFTP_OK) {
		at = gv_store_sftp_ask(s, GV_STORE_SFTP_READDIR);
		gv_store_sftp_add(&s->out, a.handle, a.handle_len);
		gv_store_sftp_end(&s->out, at);
		r = gv_store_sftp_talk(s, 0, take_entries, &e);
		if (r == 0 && ++pages > (1U << 20))
			r = gv_store_sftp_odd(f);
	}
	if (a.handle_len && s->is_open) {
		char *why = gv_err_save();

		(void)close_handle(f, &a);
		gv_err_restore(why);
	}
	if (r == 0 && e.status != GV_STORE_SFTP_EOF) {
		a.status = e.status;
		r = gv_store_sftp_fail(f, &a, "list", "its folder");
	}
	return r;
}

static int
read_folder(void *self, struct gv_store_folder *out, const char *path)
{
	struct folder_of l = { out, path };
	struct gv_store_sftp *f = self;
	int r = gv_store_sftp_until_done(f, read_entries, &l);

	if (r == GV_ENOTFOUND && *path == '\0')
		r = gv_err(GV_EREFUSED,
		    "there is no folder %s; if it is to be new, make it on the "
		    "server first",
		    f->store->url);
	return r;
}

/* ---- deleting ---- */

static int
remove_one(struct gv_store_sftp *f, void *ctx)
{
	const char *name = ctx;
	struct gv_store_sftp_answer a = { 0 };
	int r = gv_store_sftp_ask_path(&a, f, GV_STORE_SFTP_REMOVE, name);

	if (r == 0 && a.status == GV_STORE_SFTP_MISSING)
		return 0;
	r = gv_store_sftp_judge(r, f, &a, "delete", name);
	/* no lock, but a matter of who asks */
	return r == GV_EREFUSED && a.status == GV_STORE_SFTP_DENIED ? GV_ENOKEY
								    : r;
}

static int
remove_name(void *self, const char *name)
{
	return gv_store_sftp_until_done(
	    self, remove_one, (void *)(uintptr_t)name);
}

static struct gv_store_tree
tree_of(struct gv_store_sftp *f)
{
	return (
	    struct gv_store_tree){ read_folder, remove_name, f, f->store->url };
}

static int
sftp_list(void *self, const char *prefix, const char *after,
    gv_store_list_fn *fn, void *ctx)
{
	struct gv_store_tree tree = tree_of(self);

	return gv_store_tree_list(&tree, prefix, after, fn, ctx);
}

/* Who deletes may also remove what killed writers left. */
static int
sftp_remove(void *self, const char *name)
{
	struct gv_store_sftp *f = self;
	struct gv_store_tree tree = tree_of(f);
	int r = f->is_swept ? 0 : gv_store_tree_sweep(&tree, "");

	f->is_swept = true;
	return r < 0 ? r : remove_name(f, name);
}

const struct gv_store_kind gv_store_sftp_kind = { "sftp://", sftp_open,
	sftp_close, gv_store_sftp_put, sftp_get, sftp_stat, sftp_list,
	sftp_remove, NULL, NULL, GV_STORE_GONE };
