#include "store/store_sftp.h"

#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "repo/hash.h"
#include "store/store_tree.h"
#include "sys/clock.h"

/* "posix-rename@openssh.com" replaces; the protocol's own does not. */
static int
ask_rename(struct gv_store_sftp_answer *a, struct gv_store_sftp *f,
    const char *from, const char *to, bool replaces)
{
	static const char name[] = "posix-rename@openssh.com";
	size_t at = gv_store_sftp_ask(&f->session,
	    replaces ? GV_STORE_SFTP_EXTENDED : GV_STORE_SFTP_RENAME);

	if (replaces)
		gv_store_sftp_add(&f->session.out, name, sizeof(name) - 1);
	gv_store_sftp_path(f, from);
	gv_store_sftp_path(f, to);
	return gv_store_sftp_settle(a, f, at);
}

static int
ask_flush(struct gv_store_sftp_answer *a, struct gv_store_sftp *f,
    const struct gv_store_sftp_answer *handle)
{
	static const char name[] = "fsync@openssh.com";
	size_t at = gv_store_sftp_ask(&f->session, GV_STORE_SFTP_EXTENDED);

	gv_store_sftp_add(&f->session.out, name, sizeof(name) - 1);
	gv_store_sftp_add(&f->session.out, handle->handle, handle->handle_len);
	return gv_store_sftp_settle(a, f, at);
}

struct writing {
	struct gv_store_sftp *f;
	const char *name;
	char part[GV_STORE_TREE_PART_SIZE];
	const struct gv_store_body *body;
	unsigned flags;
	struct gv_store_sftp_answer handle;
	uint64_t at;
	struct gv_hash_sha256 h;
};

static int
take_written(void *ctx, const struct gv_store_sftp_reply *reply)
{
	struct writing *w = ctx;
	struct gv_store_sftp_answer a = { .f = w->f };
	int r = gv_store_sftp_take(&a, reply);

	if (r == 0 && a.type != GV_STORE_SFTP_STATUS)
		r = gv_store_sftp_odd(w->f);
	return gv_store_sftp_judge(r, w->f, &a, "write", w->name);
}

static int
write_piece(void *ctx, const void *data, size_t len)
{
	struct writing *w = ctx;
	struct gv_store_sftp_session *s = &w->f->session;
	const char *p = data;
	size_t n;
	int r = 0;

	gv_hash_sha256_update(&w->h, data, len);
	for (; r == 0 && len; p += n, len -= n) {
		size_t at = gv_store_sftp_ask(s, GV_STORE_SFTP_WRITE);

		n = len < GV_STORE_SFTP_PIECE ? len : GV_STORE_SFTP_PIECE;
		gv_store_sftp_add(
		    &s->out, w->handle.handle, w->handle.handle_len);
		gv_enc_add_number(&s->out, w->at, 8);
		gv_store_sftp_add(&s->out, p, n);
		gv_store_sftp_end(&s->out, at);
		w->at += n;
		w->f->store->count.bytes_out += n;
		r = gv_store_sftp_talk(
		    s, GV_STORE_SFTP_WINDOW, take_written, w);
		gv_store_pace(w->f->store, n);
	}
	return r;
}

static int
write_part(struct writing *w)
{
	struct gv_store_sftp *f = w->f;
	struct gv_store_sftp_answer a = { 0 };
	unsigned char sum[32];
	int r;

	w->at = 0;
	gv_hash_sha256_init(&w->h);
	r = gv_store_body_each(
	    w->body, &(struct gv_store_sink){ write_piece, w });
	if (r == 0)
		r = gv_store_sftp_talk(&f->session, 0, take_written, w);
	gv_hash_sha256_finish(&w->h, sum);
	if (r == 0 && w->body->sha256 &&
	    memcmp(sum, w->body->sha256, sizeof(sum)) != 0)
		r = gv_store_body_changed();
	if (r == 0 && f->session.can_flush)
		r = gv_store_sftp_judge(
		    ask_flush(&a, f, &w->handle), f, &a, "flush", w->name);
	if (!f->session.is_open)
		return r;
	if (r < 0) {
		(void)gv_store_sftp_ask_handle(
		    &a, f, GV_STORE_SFTP_CLOSE, &w->handle);
		return r;
	}
	return gv_store_sftp_judge(
	    gv_store_sftp_ask_handle(&a, f, GV_STORE_SFTP_CLOSE, &w->handle), f,
	    &a, "write", w->name);
}

/* Make the folders of an object; those that are there are no failure. */
static int
make_parents(struct gv_store_sftp *f, const char *name)
{
	struct gv_buf path = GV_BUF_INIT;
	struct gv_store_sftp_answer a = { 0 };
	const char *slash = name;
	int r = 0;

	while (r == 0 && (slash = strchr(slash, '/')) != NULL) {
		gv_buf_reset(&path);
		gv_buf_add(&path, name, (size_t)(slash - name));
		if ((r = gv_buf_check(&path)) == 0)
			r = gv_store_sftp_ask_path(
			    &a, f, GV_STORE_SFTP_MKDIR, path.p);
		slash++;
	}
	gv_buf_release(&path);
	return r;
}

static int
rename_part(struct gv_store_sftp_answer *a, struct writing *w)
{
	struct gv_store_sftp *f = w->f;
	bool replaces =
	    f->session.can_replace && (w->flags & GV_STORE_NEW) == 0;
	struct gv_store_sftp_answer gone = { 0 };
	int r = 0;

	if (!replaces && (w->flags & GV_STORE_NEW) == 0)
		r = gv_store_sftp_ask_path(
		    &gone, f, GV_STORE_SFTP_REMOVE, w->name);
	return r < 0 ? r : ask_rename(a, f, w->part, w->name, replaces);
}

static int
give_name(struct writing *w)
{
	struct gv_store_sftp *f = w->f;
	struct gv_store_sftp_answer a = { 0 }, there = { 0 };
	int r = rename_part(&a, w);

	if (r == 0 && a.status == GV_STORE_SFTP_MISSING &&
	    (r = make_parents(f, w->name)) == 0)
		r = rename_part(&a, w);
	/* its answer may be lost after it was done */
	f->store->is_unsure |= r < 0 && f->session.is_cut;
	if (r < 0 || a.status == GV_STORE_SFTP_OK)
		return r;
	if ((w->flags & GV_STORE_NEW) && a.status != GV_STORE_SFTP_DENIED) {
		r = gv_store_sftp_ask_path(
		    &there, f, GV_STORE_SFTP_LSTAT, w->name);
		if (r < 0)
			return r;
		if (there.status == GV_STORE_SFTP_OK)
			return gv_err(GV_EEXISTS, "%s already has %s",
			    f->store->url, w->name);
	}
	return gv_store_sftp_fail(f, &a, "name", w->name);
}

static int
write_all(struct gv_store_sftp *f, void *ctx)
{
	struct writing *w = ctx;
	struct gv_store_sftp_answer gone = { 0 };
	char *why;
	int r = gv_store_tree_part(w->part);

	if (r == 0)
		r = gv_store_sftp_ask_open(&w->handle, f, w->part,
		    GV_STORE_SFTP_FOR_WRITE | GV_STORE_SFTP_CREATE |
			GV_STORE_SFTP_EXCLUSIVE);
	if (r == 0 && w->handle.status == GV_STORE_SFTP_MISSING)
		return gv_err(GV_EREFUSED,
		    "there is no folder %s: is its disk mounted? If it is to "
		    "be new, make it on %s first",
		    f->store->url, f->host);
	r = gv_store_sftp_judge(r, f, &w->handle, "make", w->name);
	if (r < 0)
		return r;
	if ((r = write_part(w)) == 0)
		r = give_name(w);
	if (r < 0 && f->session.is_open) {
		why = gv_err_save();
		(void)gv_store_sftp_ask_path(
		    &gone, f, GV_STORE_SFTP_REMOVE, w->part);
		gv_err_restore(why);
	}
	return r;
}

int
gv_store_sftp_put(void *self, struct gv_store_stat *out, const char *name,
    const struct gv_store_body *body, unsigned flags, const char *etag)
{
	struct writing w = {
		.f = self, .name = name, .body = body, .flags = flags
	};
	int r;

	(void)etag;
	r = gv_store_sftp_until_done(w.f, write_all, &w);
	if (r == 0)
		*out = (struct gv_store_stat){ .bytes = body->len,
			.modified = gv_clock_now().tv_sec };
	return r;
}
