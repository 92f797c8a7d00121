#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/vec.h"
#include "object/odb_health.h"
#include "object/pack_file.h"
#include "replica/replica_push.h"
#include "repo/repo.h"
#include "sys/entry.h"
#include "sys/file.h"
#include "sys/proc.h"

/*
 * A large pack of the repository need not be packed again. It is sent as it is,
 * if this push is to send each of its objects. What a push sends is listed
 * once, by git, to a file. Each id is looked up in the indexes of the large
 * packs. Objects that no chosen pack has go to git pack-objects. So memory does
 * not grow with the number of objects, but for a bit each.
 *
 * The list leaves out all that the snapshots of the store have, also where the
 * new ones do not descend from them: without "aggressive" an ignored file of
 * 1 GB would be sent with each snapshot.
 *
 * The packs are linked into the scratch folder first: then no gc takes them
 * away while they are read.
 */

#define LEAST     ((uint64_t)8 << 20) /* bytes; smaller ones are packed again */
#define MOST      32                  /* packs, so that a copy has few */
#define PIECE     65536
#define LINE_MOST 1024 /* a path is only a hint which objects are alike */

/* ---- which packs there are ----------------------------------------------- */

static int
by_size(const void *a, const void *b)
{
	const struct gv_replica_reused *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes > y->bytes ? -1 : 1;
	return strcmp(x->stem.p, y->stem.p);
}

/* 1 where there is such a file; or GV_ENOMEM. */
static int
has_file(const char *stem, const char *ext)
{
	struct gv_buf path = GV_BUF_INIT;
	int r;

	gv_buf_addf(&path, "%s%s", stem, ext);
	if ((r = gv_buf_check(&path)) == 0)
		r = gv_file_exists(AT_FDCWD, path.p);
	gv_buf_release(&path);
	return r;
}

/* Not of a partial clone, whose objects may have others missing behind them,
 * nor one whose objects are on their way out. */
static int
consider(struct gv_replica_reuse *reuse, const char *stem)
{
	struct gv_replica_reused *pack;
	struct gv_buf path = GV_BUF_INIT;
	struct stat st;
	int r;

	gv_buf_addf(&path, "%s.pack", stem);
	if ((r = gv_buf_check(&path)) < 0 ||
	    gv_entry_stat(AT_FDCWD, path.p, &st) < 0 || !S_ISREG(st.st_mode) ||
	    (uint64_t)st.st_size < LEAST ||
	    (r = has_file(stem, ".promisor")) != 0 ||
	    (r = has_file(stem, ".mtimes")) != 0 ||
	    (r = GV_GROW(reuse->all, reuse->n, reuse->cap)) < 0)
		goto out;
	pack = &reuse->all[reuse->n++];
	*pack = (struct gv_replica_reused){ .stem = GV_BUF_INIT,
		.bytes = (uint64_t)st.st_size };
	gv_buf_addstr(&pack->stem, stem);
	r = gv_buf_check(&pack->stem);
out:
	gv_buf_release(&path);
	return r < 0 ? r : 0;
}

/* A second name in the scratch folder. 1; 0 where it cannot be had, as where
 * the pack has just gone or the file system has no links. */
static int
link_file(const char *from, const char *to, const char *ext)
{
	struct gv_buf a = GV_BUF_INIT, b = GV_BUF_INIT;
	int r;

	gv_buf_addf(&a, "%s%s", from, ext);
	gv_buf_addf(&b, "%s%s", to, ext);
	if ((r = gv_buf_check(&a)) == 0 && (r = gv_buf_check(&b)) == 0)
		r = gv_entry_link(AT_FDCWD, a.p, AT_FDCWD, b.p) == 0;
	gv_buf_release(&a);
	gv_buf_release(&b);
	return r;
}

/* 1 where it can be read from the scratch folder, else 0. */
static int
hold(struct gv_replica_reused *pack, const struct gv_replica_push *push)
{
	struct gv_buf to = GV_BUF_INIT;
	int r;

	gv_buf_addf(
	    &to, "%s%s", push->scratch.dir.p, strrchr(pack->stem.p, '/'));
	if ((r = gv_buf_check(&to)) == 0 &&
	    (r = link_file(pack->stem.p, to.p, ".pack")) > 0 &&
	    (r = link_file(pack->stem.p, to.p, ".idx")) > 0) {
		gv_buf_release(&pack->stem);
		pack->stem = to;
		to = (struct gv_buf)GV_BUF_INIT;
		r = gv_pack_file_open(&pack->file, pack->stem.p);
		r = r == GV_EREFUSED ? 0 : r < 0 ? r : 1;
	}
	gv_buf_release(&to);
	return r;
}

static void
release_one(struct gv_replica_reused *pack)
{
	gv_pack_file_close(pack->file);
	gv_buf_release(&pack->stem);
}

static int
find_packs(struct gv_replica_reuse *reuse, const struct gv_replica_push *push)
{
	struct gv_buf stems = GV_BUF_INIT;
	size_t i, n = 0;
	int r = gv_odb_health_packs(&stems, push->rep->repo->objects_dir);

	for (i = 0; r == 0 && i < stems.len; i += strlen(stems.p + i) + 1)
		r = consider(reuse, stems.p + i);
	gv_buf_release(&stems);
	if (reuse->n > 1)
		qsort(reuse->all, reuse->n, sizeof(*reuse->all), by_size);
	for (i = 0; i < reuse->n; i++) {
		int held = r == 0 && n < MOST ? hold(&reuse->all[i], push) : 0;

		if (held > 0)
			reuse->all[n++] = reuse->all[i];
		else
			release_one(&reuse->all[i]);
		r = held < 0 ? held : r;
	}
	reuse->n = n;
	return r;
}

/* ---- what is to be sent -------------------------------------------------- */

struct listing {
	struct gv_replica_reuse *reuse;
	struct gv_entry_file file;
	struct gv_buf lines; /* that are not written yet */
	int r;
};

static int
flush(struct listing *l)
{
	int r = gv_buf_check(&l->lines);

	if (r == 0 && l->lines.len &&
	    gv_entry_write(&l->file, l->lines.p, l->lines.len) < 0)
		r = gv_err_sys("cannot write the list of objects to send");
	gv_buf_truncate(&l->lines, 0);
	return r;
}

/* A commit that the store has begins with a sign. */
static int
take_line(struct listing *l, const char *line, size_t len)
{
	struct gv_oid id;
	size_t i;

	if (len && *line == '-')
		return 0;
	if (len < GV_OID_HEX || gv_oid_parse(&id, line) < 0)
		return gv_err(GV_ERROR, "git lists an object without an id");
	for (i = 0; i < l->reuse->n; i++)
		gv_pack_file_mark(l->reuse->all[i].file, &id);
	l->reuse->n_left++;
	gv_buf_add(&l->lines, line, len < LINE_MOST ? len : LINE_MOST);
	gv_buf_addch(&l->lines, '\n');
	return l->lines.len < PIECE ? 0 : flush(l);
}

static void
take_lines(void *ctx, struct gv_proc *p)
{
	struct listing *l = ctx;
	size_t at = 0;
	char *nl;

	while (l->r == 0 && at < p->out.len &&
	    (nl = memchr(p->out.p + at, '\n', p->out.len - at)) != NULL) {
		l->r =
		    take_line(l, p->out.p + at, (size_t)(nl - p->out.p) - at);
		at = (size_t)(nl - p->out.p) + 1;
	}
	p->is_refused = l->r < 0;
	if (at) {
		memmove(p->out.p, p->out.p + at, p->out.len - at);
		gv_buf_truncate(&p->out, p->out.len - at);
	}
}

static int
list_objects(struct gv_replica_reuse *reuse, const struct gv_buf *revisions)
{
	static const char *const argv[] = { "git", "rev-list",
		"--objects-edge-aggressive", "--stdin", NULL };
	struct listing l = { .reuse = reuse, .lines = GV_BUF_INIT };
	struct gv_proc p = GV_PROC_INIT;
	int r;

	if (gv_entry_create(&l.file, AT_FDCWD, reuse->list.p, 0600) < 0)
		return gv_err_sys("cannot create %s", reuse->list.p);
	r = gv_proc_run(&p,
	    &(struct gv_proc_opts){ .argv = argv,
		.env = gv_proc_listing,
		.in = revisions->p,
		.in_len = revisions->len,
		.is_stream = true,
		.told = take_lines,
		.ctx = &l });
	if (l.r < 0)
		r = l.r;
	else if (r == 0 && p.status)
		r = gv_err(GV_ERROR,
		    "git cannot list what is new: %s; to find missing "
		    "objects: git vault verify --all",
		    gv_proc_why(&p));
	if (r == 0)
		r = flush(&l);
	gv_entry_drop(&l.file);
	gv_proc_release(&p);
	gv_buf_release(&l.lines);
	return r;
}

/* ---- which packs go as they are ------------------------------------------ */

static bool
is_chosen(
    const struct gv_replica_reuse *reuse, size_t n, const struct gv_oid *id)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (gv_pack_file_has(reuse->all[i].file, id))
			return true;
	return false;
}

/* How many objects of a pack those before it do not have. */
static uint32_t
count_new(const struct gv_replica_reuse *reuse, size_t n,
    const struct gv_pack_file *file)
{
	uint32_t row, all = gv_pack_file_count(file), news = 0;
	struct gv_oid id;

	if (n == 0)
		return all;
	for (row = 0; row < all; row++) {
		gv_pack_file_id(file, row, &id);
		news += !is_chosen(reuse, n, &id);
	}
	return news;
}

/* The largest first; one that adds less than half of itself is left out, since
 * it would mostly send again what others have. */
static void
choose(struct gv_replica_reuse *reuse)
{
	struct gv_replica_reused pack;
	size_t i, n = 0;
	uint32_t news;

	for (i = 0; i < reuse->n; i++) {
		pack = reuse->all[i];
		news = gv_pack_file_is_marked(pack.file)
		    ? count_new(reuse, n, pack.file)
		    : 0;
		if (news == 0 || news < gv_pack_file_count(pack.file) / 2) {
			release_one(&pack);
			continue;
		}
		reuse->n_left -= news;
		reuse->all[n++] = pack;
	}
	reuse->n = n;
}

int
gv_replica_reuse_load(struct gv_replica_reuse *out,
    struct gv_replica_push *push, const struct gv_buf *revisions)
{
	int r;

	*out = (struct gv_replica_reuse){ .list = GV_BUF_INIT };
	gv_buf_addf(&out->list, "%s/list", push->scratch.dir.p);
	if ((r = gv_buf_check(&out->list)) < 0 ||
	    (r = find_packs(out, push)) < 0 || out->n == 0)
		return r;
	out->is_listed = true;
	if ((r = list_objects(out, revisions)) == 0)
		choose(out);
	return r;
}

void
gv_replica_reuse_release(struct gv_replica_reuse *reuse)
{
	size_t i;

	for (i = 0; i < reuse->n; i++)
		release_one(&reuse->all[i]);
	free(reuse->all);
	gv_buf_release(&reuse->list);
}

/* ---- what is left -------------------------------------------------------- */

int
gv_replica_left_open(
    struct gv_replica_left *out, const struct gv_replica_reuse *reuse)
{
	struct stat st;
	int r;

	*out = (struct gv_replica_left){
		.fd = -1, .reuse = reuse, .in = GV_BUF_INIT, .out = GV_BUF_INIT
	};
	r = gv_buf_grow(&out->in, PIECE);
	return r < 0 ? r : gv_file_open(&out->fd, &st, AT_FDCWD, reuse->list.p);
}

static void
give_line(struct gv_replica_left *left, const char *line, size_t len)
{
	struct gv_oid id;

	if (gv_oid_parse(&id, line) == 0 &&
	    !is_chosen(left->reuse, left->reuse->n, &id))
		gv_buf_add(&left->out, line, len);
}

int64_t
gv_replica_left_give(void *ctx, const void **data)
{
	struct gv_replica_left *left = ctx;
	ssize_t got = 1;
	size_t at;
	char *nl;

	gv_buf_truncate(&left->out, 0);
	while (left->out.len == 0 && got > 0) {
		got = gv_file_read_some(
		    left->fd, left->in.p + left->in.len, PIECE - left->in.len);
		if (got < 0)
			return gv_err_sys(
			    "cannot read %s", left->reuse->list.p);
		left->in.len += (size_t)got;
		for (at = 0; (nl = memchr(left->in.p + at, '\n',
				  left->in.len - at)) != NULL;
		     at = (size_t)(nl - left->in.p) + 1)
			give_line(left, left->in.p + at,
			    (size_t)(nl - left->in.p) + 1 - at);
		memmove(left->in.p, left->in.p + at, left->in.len - at);
		left->in.len -= at;
	}
	if (gv_buf_check(&left->out) < 0)
		return GV_ENOMEM;
	*data = left->out.p;
	return (int64_t)left->out.len;
}

void
gv_replica_left_close(struct gv_replica_left *left)
{
	gv_file_close(left->fd);
	gv_buf_release(&left->in);
	gv_buf_release(&left->out);
}
