#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "net/retry.h"
#include "store/store_tree.h"
#include "store/store_wire.h"
#include "store/store_xml.h"
#include "sys/cancel.h"
#include "sys/proc.h"

/*
 * A folder of a server of WebDAV. A new object is stored under a name that no
 * object can have, and moved to its own by a MOVE that overwrites nothing: a
 * PUT that is cut off may leave half of an object on some servers. Servers look
 * whether the target is there and then rename, so two that move at the same
 * moment may both be told that they did it: lib/store/README has counts. Making
 * a folder is one call of the system, and decides who may move.
 *
 * What is replaced is a hint and small, and goes by PUT, with If-Match where
 * asked for. Names and passwords come from where Git has them, and go by
 * https:// only.
 */

#define CREDENTIAL_MS 60000
#define CLAIM_MS      30000 /* then its owner counts as killed */
#define UNSURE_MS     2000  /* … where it may be this writer itself */
#define CLAIM         GV_STORE_TREE_PART "new-"

struct dav {
	struct gv_store_wire wire;
	char *user;             /* of the address, or NULL */
	struct gv_secret basic; /* the field "authorization", with its NUL */
	bool has_looked;        /* for a password */
	bool is_swept;
};

/* ---- opening ---- */

static void
dav_close(void *self)
{
	struct dav *d = self;

	gv_store_wire_release(&d->wire);
	gv_secret_release(&d->basic);
	free(d->user);
	free(d);
}

static int sign(void *self, struct gv_store_ask *ask);

static bool
is_same(void *self, const char *host)
{
	(void)self;
	(void)host;
	return false;
}

/* USER@HOST:PORT/PATH. */
static int
take_place(struct dav *d, const char *place)
{
	const char *given = d->wire.store->opts.endpoint;
	size_t n = strcspn(place, "/"), m = 0;
	const char *at = memchr(place, '@', n), *path = place + n;
	struct gv_buf home = GV_BUF_INIT;
	int r;

	if (at) {
		m = (size_t)(at + 1 - place);
		if ((d->user = strndup(place, m - 1)) == NULL)
			return gv_err_nomem();
	}
	path += *path == '/';
	if (n == m || (at && strpbrk(d->user, ":\r\n")) ||
	    (*path && !gv_store_wire_prefix(&d->wire, path)))
		return gv_err(GV_EREFUSED,
		    "'https+webdav://%.*s' is not the address of a folder: "
		    "https+webdav://USER@HOST:PORT/PATH",
		    (int)strcspn(place, ":@?"), place);
	gv_buf_add(&home, place, n);
	if (given)
		gv_buf_addstr(&d->wire.base, given);
	else
		gv_buf_addf(
		    &d->wire.base, "https://%.*s", (int)(n - m), place + m);
	if ((r = gv_buf_check(&home)) == 0)
		r = gv_store_wire_url(&d->wire, home.p);
	gv_buf_release(&home);
	return r < 0 ? r : gv_store_wire_open(&d->wire);
}

static int
dav_open(void **out, struct gv_store *store, const char *place)
{
	struct dav *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return gv_err_nomem();
	*out = d;
	d->basic = (struct gv_secret)GV_SECRET_INIT;
	d->wire = (struct gv_store_wire){ .store = store,
		.base = GV_BUF_INIT,
		.host = GV_BUF_INIT,
		.prefix = GV_BUF_INIT,
		.self = d,
		.sign = sign,
		.is_same = is_same,
		.hint = "store the name and password of this server with git "
			"credential approve, then try again" };
	return take_place(d, place);
}

/* ---- the password ---- */

/* The value of the first line "NAME=…", or NULL. */
static const char *
line_of(const char *text, const char *name, size_t *len)
{
	size_t n = strlen(name);

	for (; *text; text += strcspn(text, "\n") + 1) {
		if (strncmp(text, name, n) == 0 && text[n] == '=') {
			*len = strcspn(text + n + 1, "\n");
			return text + n + 1;
		}
		if (text[strcspn(text, "\n")] == '\0')
			break;
	}
	return NULL;
}

static int
make_basic(struct dav *d, const char *text)
{
	struct gv_buf plain = GV_BUF_WIPED_INIT, field = GV_BUF_WIPED_INIT;
	const char *user, *password;
	size_t n = 0, m = 0;
	int r;

	user = line_of(text, "username", &n);
	password = line_of(text, "password", &m);
	if (user == NULL || password == NULL)
		return 0;
	gv_buf_add(&plain, user, n);
	gv_buf_addch(&plain, ':');
	gv_buf_add(&plain, password, m);
	gv_buf_addstr(&field, "Basic ");
	gv_enc_base64(&field, plain.p, plain.len);
	if ((r = gv_buf_check(&plain)) == 0 && (r = gv_buf_check(&field)) == 0)
		r = gv_secret_add(&d->basic, field.p, field.len + 1);
	gv_buf_release(&plain);
	gv_buf_release(&field);
	return r;
}

/* Only Git's helpers are asked, never the user. Without an answer, requests go
 * without a password. */
static int
find(struct dav *d)
{
	static const char *const argv[] = { "git", "credential", "fill", NULL };
	static const char *const env[] = { "GIT_TERMINAL_PROMPT=0",
		"GIT_ASKPASS=", "SSH_ASKPASS=", NULL };
	bool is_plain = strncmp(d->wire.base.p, "http://", 7) == 0;
	struct gv_buf in = GV_BUF_INIT;
	struct gv_proc p = GV_PROC_INIT;
	int r;

	gv_buf_addf(&in, "protocol=%s\nhost=%s\n", is_plain ? "http" : "https",
	    d->wire.host.p);
	if (d->wire.prefix.len)
		gv_buf_addf(&in, "path=%s\n", d->wire.prefix.p);
	if (d->user)
		gv_buf_addf(&in, "username=%s\n", d->user);
	gv_buf_addch(&in, '\n');
	p.out.wipes = true;
	if ((r = gv_buf_check(&in)) == 0)
		r = gv_proc_run(&p,
		    &(struct gv_proc_opts){ .argv = argv,
			.env = env,
			.in = in.p,
			.in_len = in.len,
			.timeout_ms = CREDENTIAL_MS,
			.most = (size_t)1 << 16 });
	if (r == 0 && p.status == 0)
		r = make_basic(d, p.out.p);
	gv_proc_release(&p);
	gv_buf_release(&in);
	d->has_looked = r == 0;
	return r;
}

static int
sign(void *self, struct gv_store_ask *ask)
{
	struct dav *d = self;
	int r = d->has_looked ? 0 : find(d);

	if (r == 0 && d->basic.len)
		gv_store_ask_field(
		    ask, "authorization", (const char *)d->basic.p);
	return r;
}

/* ---- requests ---- */

static void
ask_for(struct gv_store_ask *ask, struct dav *d, const char *method,
    const char *name)
{
	gv_store_ask_init(ask, &d->wire, method, name);
	gv_buf_addch(&ask->path, '/');
	gv_http_escape(&ask->path, d->wire.prefix.p, true);
	gv_http_escape(&ask->path, name, true);
}

static int
dav_get(void *self, const char *name, uint64_t at, uint64_t len,
    const struct gv_store_sink *sink)
{
	struct gv_store_ask ask;

	ask_for(&ask, self, "GET", name);
	return gv_store_ask_get(&ask, at, len, sink);
}

static int
dav_stat(void *self, struct gv_store_stat *out, const char *name)
{
	struct gv_store_ask ask;

	ask_for(&ask, self, "HEAD", name);
	return gv_store_ask_stat(out, &ask);
}

static int
remove_name(void *self, const char *name)
{
	struct gv_store_ask ask;

	ask_for(&ask, self, "DELETE", name);
	return gv_store_ask_delete(&ask);
}

/* Some servers delete a folder only by its name with a slash, some only by that
 * without. */
static int
remove_folder(struct dav *d, const char *path)
{
	struct gv_store_ask ask;
	int r;

	ask_for(&ask, d, "DELETE", path);
	gv_buf_addch(&ask.path, '/');
	r = gv_store_ask_send(&ask, "delete");
	gv_store_ask_release(&ask);
	return r < 0 ? remove_name(d, path) : 0;
}

/* ---- writing ---- */

/* What came of making a folder. */
struct made {
	int status;     /* 0: no answer */
	bool is_unsure; /* an attempt before the last may have made it */
};

static int
make_folder(struct dav *d, struct made *out, const char *path)
{
	struct gv_store_ask ask;
	int r;

	ask_for(&ask, d, "MKCOL", path);
	gv_buf_addch(&ask.path, '/');
	r = gv_store_ask_send(&ask, "make");
	*out = (struct made){ ask.reply.status, ask.is_unsure };
	gv_store_ask_release(&ask);
	return r;
}

/* 404 and 409 are for a folder that is missing. */
static bool
lacks_folder(int r, int status)
{
	return r < 0 && (status == 404 || status == 409);
}

struct refused {
	int code;  /* 0: no folder was refused for a reason of its own */
	char *why; /* gv_err_save() */
};

/* What is there already is refused in more than one way (405; 403 where another
 * writer is just making it): the next request shows whether it is. Until then,
 * the first reason is in *refused. */
static int
make_parents(struct dav *d, struct refused *refused, const char *name)
{
	struct gv_buf path = GV_BUF_INIT;
	const char *slash = name;
	struct made made;
	int r = 0;

	while (r == 0 && (slash = strchr(slash, '/')) != NULL) {
		gv_buf_reset(&path);
		gv_buf_add(&path, name, (size_t)(slash - name));
		if ((r = gv_buf_check(&path)) < 0)
			break;
		r = make_folder(d, &made, path.p);
		if (r < 0 && made.status && made.status != 405 &&
		    !lacks_folder(r, made.status) && refused->code == 0)
			*refused = (struct refused){ r, gv_err_save() };
		r = made.status ? 0 : r;
		slash++;
	}
	gv_buf_release(&path);
	return r;
}

/* What is stored. */
struct what {
	const char *called; /* the object, in messages */
	const struct gv_store_body *body;
	const char *etag; /* only in place of this one; NULL */
};

static int
put_bytes(struct dav *d, struct gv_store_stat *out, int *status,
    const char *name, const struct what *what)
{
	struct gv_buf condition = GV_BUF_INIT;
	struct gv_store_ask ask;
	int r;

	ask_for(&ask, d, "PUT", name);
	ask.name = what->called;
	gv_store_ask_field(&ask, "content-type", "application/octet-stream");
	if (what->etag) {
		gv_buf_addf(&condition, "\"%s\"", what->etag);
		gv_store_ask_field(&ask, "if-match", condition.p);
		ask.is_conditional = true;
	}
	ask.body = what->body;
	if ((r = gv_buf_check(&condition)) == 0)
		r = gv_store_ask_send(&ask, "store");
	*status = ask.reply.status;
	d->wire.store->is_unsure |= ask.is_unsure;
	if (r == 0) {
		*out = ask.stat;
		out->bytes = what->body->len;
	}
	gv_store_ask_release(&ask);
	gv_buf_release(&condition);
	return r;
}

static int
say_missing(const struct dav *d)
{
	return gv_err(GV_EREFUSED,
	    "there is no folder %s, or it is not one of WebDAV; if it is to be "
	    "new, make it on the server first",
	    d->wire.store->url);
}

static int
move(struct dav *d, const char *from, const char *to)
{
	struct gv_buf target = GV_BUF_INIT;
	struct gv_store_ask ask;
	int r;

	ask_for(&ask, d, "MOVE", from);
	ask.name = to;
	gv_buf_addf(&target, "%s/", d->wire.base.p);
	gv_http_escape(&target, d->wire.prefix.p, true);
	gv_http_escape(&target, to, true);
	gv_store_ask_field(&ask, "destination", target.p);
	gv_store_ask_field(&ask, "overwrite", "F");
	ask.is_conditional = true;
	if ((r = gv_buf_check(&target)) == 0)
		r = gv_store_ask_send(&ask, "store");
	d->wire.store->is_unsure |= ask.is_unsure;
	/* an attempt before this one may have moved it */
	if (ask.is_unsure && r == GV_ENOTFOUND)
		r = gv_err(GV_EEXISTS, "%s may have %s already",
		    d->wire.store->url, to);
	gv_store_ask_release(&ask);
	gv_buf_release(&target);
	return r;
}

/* What was moved, or will not be, is no longer there under the other name. */
static void
drop(struct dav *d, const char *path, bool is_folder)
{
	char *why = gv_err_save();

	(void)(is_folder ? remove_folder(d, path) : remove_name(d, path));
	gv_err_restore(why);
}

static int
say_taken(const struct dav *d, const char *name)
{
	return gv_err(
	    GV_EEXISTS, "%s has another %s already", d->wire.store->url, name);
}

/* Wait until the claim is ours, or nobody else can be at work with it. */
static int
claim(struct dav *d, const char *path, const char *name)
{
	int give_up = d->wire.store->opts.give_up_s, r, refused = 0;
	struct gv_retry retry = { .within_ms = CLAIM_MS };
	struct gv_store_stat there;
	struct made made;

	if (give_up && give_up * 1000 < CLAIM_MS)
		retry.within_ms = give_up * 1000;
	do {
		if ((r = make_folder(d, &made, path)) == 0 || made.status == 0)
			return r;
		if (made.is_unsure && retry.within_ms > UNSURE_MS)
			retry.within_ms = UNSURE_MS;
		if ((r = dav_stat(d, &there, name)) != GV_ENOTFOUND)
			return r < 0 ? r : say_taken(d, name);
		/* a server that never makes it keeps nobody waiting */
		refused += made.status != 405;
	} while (refused < 3 && gv_retry_wait(&retry, 0));
	return gv_cancel_requested() ? gv_cancel_error() : 0;
}

/* Of several writers at once one has it, and only that one returns 0. What is
 * there is read, too: not every server makes a folder in one step. */
static int
move_alone(struct dav *d, const char *from, const char *to,
    const struct gv_store_body *body)
{
	const char *slash = strrchr(to, '/');
	struct gv_buf path = GV_BUF_INIT;
	int r;

	if (slash)
		gv_buf_add(&path, to, (size_t)(slash + 1 - to));
	gv_buf_addf(&path, "%s%s", CLAIM, slash ? slash + 1 : to);
	if ((r = gv_buf_check(&path)) == 0 && (r = claim(d, path.p, to)) == 0) {
		if ((r = move(d, from, to)) == 0 &&
		    (r = gv_store_is_body(d->wire.store, to, body)) >= 0)
			r = r ? 0 : say_taken(d, to);
		drop(d, path.p, true);
	}
	gv_buf_release(&path);
	return r;
}

/* Store bytes, and make the folders that they need. */
static int
put_below(struct dav *d, struct gv_store_stat *out, const char *name,
    const struct what *what)
{
	struct refused refused = { 0, NULL };
	int status, r = put_bytes(d, out, &status, name, what);

	if (!lacks_folder(r, status))
		return r;
	status = 0;
	if ((r = make_parents(d, &refused, name)) == 0)
		r = put_bytes(d, out, &status, name, what);
	if (lacks_folder(r, status) && refused.code) {
		gv_err_restore(refused.why);
		return refused.code;
	}
	free(refused.why);
	return lacks_folder(r, status) ? say_missing(d) : r;
}

/* In the folder of the object: a MOVE into a folder that is missing fails in
 * many ways, and a PUT in two. */
static int
put_new(struct dav *d, struct gv_store_stat *out, const char *name,
    const struct gv_store_body *body, bool is_alike)
{
	const char *slash = strrchr(name, '/');
	char part[GV_STORE_TREE_PART_SIZE];
	const struct what what = { name, body, NULL };
	struct gv_buf path = GV_BUF_INIT;
	int r = gv_store_tree_part(part);

	if (r < 0)
		return r;
	if (slash)
		gv_buf_add(&path, name, (size_t)(slash + 1 - name));
	gv_buf_addstr(&path, part);
	if ((r = gv_buf_check(&path)) == 0 &&
	    (r = put_below(d, out, path.p, &what)) == 0) {
		/* nobody knows that name: what came of it is no question */
		d->wire.store->is_unsure = false;
		r = is_alike ? move(d, path.p, name)
			     : move_alone(d, path.p, name, body);
		if (r < 0)
			drop(d, path.p, false);
	}
	gv_buf_release(&path);
	return r;
}

static int
dav_put(void *self, struct gv_store_stat *out, const char *name,
    const struct gv_store_body *body, unsigned flags, const char *etag)
{
	struct dav *d = self;
	int r = gv_store_body_check(body);

	if (r < 0)
		return r;
	if (flags & GV_STORE_NEW)
		return put_new(d, out, name, body, flags & GV_STORE_ALIKE);
	return put_below(d, out, name,
	    &(struct what){ name, body, flags & GV_STORE_SAME ? etag : NULL });
}

/* ---- listing ---- */

struct folder_of {
	struct gv_store_folder *out;
	struct gv_buf path; /* of it on the server, without escapes */
	bool is_there;      /* the list names it, as it has to, or what is in it
			     */
};

/* A server names what is in a folder by paths, or by whole addresses, and the
 * folder itself among them. What is elsewhere is passed over. */
static int
take_entry(void *ctx, const char *key, const struct gv_store_stat *stat)
{
	struct folder_of *l = ctx;
	const char *host = strstr(key, "://");
	size_t len;

	if (*key != '/' && host)
		key = host + 3 + strcspn(host + 3, "/");
	if (strncmp(key, l->path.p, l->path.len) != 0)
		return 0;
	l->is_there = true;
	key += l->path.len;
	len = strcspn(key, "/");
	return key[len] == '/' && key[len + 1]
	    ? 0
	    : gv_store_folder_add(l->out, key, len, key[len] == '/', stat);
}

static int
read_folder(void *self, struct gv_store_folder *out, const char *path)
{
	static const char text[] =
	    "<?xml version=\"1.0\" encoding=\"utf-8\"?>"
	    "<propfind xmlns=\"DAV:\"><prop><resourcetype/>"
	    "<getcontentlength/><getlastmodified/><getetag/></prop></propfind>";
	const struct gv_store_body body = {
		.fd = -1, .bytes = text, .len = sizeof(text) - 1
	};
	struct gv_store_xml_page page = GV_STORE_XML_PAGE_INIT;
	struct folder_of l = { out, GV_BUF_INIT, false };
	struct dav *d = self;
	struct gv_store_ask ask;
	int r;

	ask_for(&ask, d, "PROPFIND", path);
	gv_store_ask_field(&ask, "depth", "1");
	gv_store_ask_field(&ask, "content-type", "application/xml");
	ask.body = &body;
	gv_buf_addf(&l.path, "/%s%s", d->wire.prefix.p, path);
	if ((r = gv_buf_check(&l.path)) == 0)
		r = gv_store_ask_send(&ask, "list");
	if (r == 0 && ask.reply.status != 207)
		r = gv_store_ask_odd(&ask, "is not one of WebDAV");
	else if (r == 0)
		r = gv_store_xml_list(&page, GV_STORE_XML_DAV, ask.reply.body.p,
		    ask.reply.body.len, take_entry, &l);
	if (r == GV_ECORRUPT && ask.reply.status == 207)
		r = gv_store_ask_odd(&ask, "is damaged or cut off");
	if (r == GV_ENOTFOUND && *path == '\0')
		r = say_missing(d);
	/* a server behind another one may call it by another name, and a file
	 * is no folder: to pass all over would be to find nothing */
	else if (r == 0 && !l.is_there)
		r = gv_store_ask_odd(&ask, "lists another place than this");
	gv_store_ask_release(&ask);
	gv_buf_release(&page.next);
	gv_buf_release(&l.path);
	return r;
}

/* What a killed writer left: an object, or the folder that claims a name. */
static int
remove_part(void *self, const char *name)
{
	const char *slash = strrchr(name, '/');

	return strncmp(slash ? slash + 1 : name, CLAIM, strlen(CLAIM)) == 0
	    ? remove_folder(self, name)
	    : remove_name(self, name);
}

static struct gv_store_tree
tree_of(struct dav *d)
{
	return (struct gv_store_tree){ read_folder, remove_part, d,
		d->wire.store->url };
}

static int
dav_list(void *self, const char *prefix, const char *after,
    gv_store_list_fn *fn, void *ctx)
{
	struct gv_store_tree tree = tree_of(self);

	return gv_store_tree_list(&tree, prefix, after, fn, ctx);
}

/* Who deletes may also remove what killed writers left. */
static int
dav_remove(void *self, const char *name)
{
	struct dav *d = self;
	struct gv_store_tree tree = tree_of(d);
	int r = d->is_swept ? 0 : gv_store_tree_sweep(&tree, name);

	d->is_swept = true;
	return r < 0 ? r : remove_name(d, name);
}

const struct gv_store_kind gv_store_dav_kind = { "https+webdav://", dav_open,
	dav_close, dav_put, dav_get, dav_stat, dav_list, dav_remove, NULL, NULL,
	GV_STORE_UNSEEN };
