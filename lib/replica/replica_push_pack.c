#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/enc.h"
#include "base/err.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "replica/replica_push.h"
#include "repo/repo.h"
#include "sys/file.h"
#include "sys/proc.h"
#include "sys/workers.h"

/*
 * Packs are made by git, in a folder that nothing else sees. Without bitmaps,
 * by which git would leave out what old commits reach although nobody said that
 * the store has it.
 */

/* What to pack, for git pack-objects --revs. */
static int
add_revisions(struct gv_buf *out, struct gv_replica_push *push)
{
	char hex[GV_OID_HEX + 1];
	struct gv_odb *odb;
	size_t i;
	int r = gv_repo_odb(push->rep->repo, &odb);

	if (r < 0)
		return r;
	for (i = 0; i < push->after.n_refs; i++) {
		gv_oid_format(hex, &push->after.refs[i].id);
		gv_buf_addf(out, "%s\n", hex);
	}
	/* what was deleted here is in the store, but git cannot tell what of it
	 * it has: then a little more is sent */
	for (i = 0; !push->is_whole && i < push->before.n_refs; i++) {
		if (!gv_odb_has(odb, &push->before.refs[i].id))
			continue;
		gv_oid_format(hex, &push->before.refs[i].id);
		gv_buf_addf(out, "^%s\n", hex);
	}
	return gv_buf_check(out);
}

/* A pack that is sent and then removed need not be flushed. Large blobs are not
 * compared with one another: the repository's own packs are not either, and a
 * window of them would be as large as all of them. */
#define FRONT                                                                  \
	"git", "-c", "core.fsync=none", "-c", "core.bigFileThreshold=16m",     \
	    "-c", "pack.windowMemory=16m", "-c", "pack.packSizeLimit=0", "-c", \
	    "pack.useBitmaps=false", "pack-objects", "-q",                     \
	    "--delta-base-offset"

/* The base of the files' names; empty where there was nothing to pack. */
static int
make_pack(struct gv_buf *base, struct gv_replica_push *push,
    const struct gv_proc_opts *what, bool is_listed)
{
	struct gv_buf stem = GV_BUF_INIT;
	struct gv_proc p = GV_PROC_INIT;
	struct gv_proc_opts opts = *what;
	const char *argv[] = { FRONT, NULL, NULL, NULL };
	const size_t n = sizeof(argv) / sizeof(argv[0]) - 3;
	int r;

	gv_buf_addf(&stem, "%s/pack", push->scratch.dir.p);
	argv[n] = is_listed ? stem.p : "--revs";
	argv[n + 1] = is_listed ? NULL : stem.p;
	opts.argv = argv;
	if ((r = gv_buf_check(&stem)) < 0 || (r = gv_proc_run(&p, &opts)) < 0)
		goto out;
	if (p.status || (p.out.len && p.out.len != GV_OID_HEX + 1)) {
		r = gv_err(GV_ERROR,
		    "git pack-objects cannot pack what is new: %s; to find "
		    "missing objects: git vault verify --all",
		    gv_proc_why(&p));
		goto out;
	}
	if (p.out.len)
		gv_buf_addf(base, "%s-%.*s", stem.p, GV_OID_HEX, p.out.p);
	r = gv_buf_check(base);
out:
	gv_proc_release(&p);
	gv_buf_release(&stem);
	return r;
}

static int
pack_left(struct gv_buf *base, struct gv_replica_push *push,
    const struct gv_replica_reuse *reuse)
{
	struct gv_replica_left left;
	int r;

	if (reuse->n_left == 0)
		return 0;
	if ((r = gv_replica_left_open(&left, reuse)) == 0)
		r = make_pack(base, push,
		    &(struct gv_proc_opts){
			.give = gv_replica_left_give, .ctx = &left },
		    true);
	gv_replica_left_close(&left);
	return r;
}

/* How many objects a pack has: its head says so. */
static int
count_objects(uint64_t *n, const char *path)
{
	unsigned char head[12];
	struct stat st;
	int fd, r = gv_file_open(&fd, &st, AT_FDCWD, path);

	if (r < 0)
		return r;
	if (gv_file_read_full(fd, head, sizeof(head)) != sizeof(head) ||
	    memcmp(head, "PACK", 4) != 0)
		r = gv_err(GV_ERROR, "git wrote no pack to %s", path);
	else
		*n = gv_enc_number(head + 8, 4);
	gv_file_close(fd);
	return r;
}

static int
add_size(uint64_t *bytes, const char *path)
{
	struct stat st;
	int fd, r = gv_file_open(&fd, &st, AT_FDCWD, path);

	if (r < 0)
		return r;
	*bytes += (uint64_t)st.st_size;
	gv_file_close(fd);
	return 0;
}

/* ---- what is sent -------------------------------------------------------- */

/* A pack, its index, and what it is checked by. */
struct parcel {
	const char *stem;
	struct gv_pack_file *check; /* NULL: git has just written it */
	struct gv_buf pack, idx;
	struct gv_replica_file file; /* the pack */
	struct gv_replica_ready ready;
	struct gv_replica_pack made;
};

/* One that is sent, and the next one, which is read meanwhile. */
struct sending {
	struct gv_replica_push *push;
	struct parcel *now, *next;
};

static int
open_parcel(struct parcel *p)
{
	gv_buf_addf(&p->pack, "%s.pack", p->stem);
	gv_buf_addf(&p->idx, "%s.idx", p->stem);
	if (gv_buf_check(&p->pack) < 0 || gv_buf_check(&p->idx) < 0)
		return GV_ENOMEM;
	return count_objects(&p->made.objects, p->pack.p);
}

/* The chain may have the very pack: what a deleted ref led to, and leads to
 * again, is still in it. */
static int
add_once(struct gv_replica_manifest *m, const struct gv_replica_pack *pack)
{
	size_t i;

	for (i = 0; i < m->n_packs; i++)
		if (memcmp(m->packs[i].sum, pack->sum, GV_REPLICA_SUM) == 0)
			return 0;
	return gv_replica_manifest_add_pack(m, pack);
}

static int
make_ready(struct parcel *p, struct gv_replica_push *push)
{
	p->file = (struct gv_replica_file){
		.path = p->pack.p, .ext = "pack", .check = p->check
	};
	return gv_replica_ready_open(&p->ready, push->rep, &p->file);
}

static int
send_or_read(void *ctx, int i)
{
	struct sending *s = ctx;

	return i ? make_ready(s->next, s->push)
		 : gv_replica_ready_put(s->push->rep, &s->now->ready);
}

static int
end_parcel(struct parcel *p, struct gv_replica_push *push)
{
	const struct gv_replica_file idx = {
		.path = p->idx.p, .ext = "idx", .sum_of = p->made.sum
	};
	int r;

	memcpy(p->made.sum, p->ready.sum, sizeof(p->made.sum));
	p->made.bytes = p->ready.body.len;
	gv_replica_ready_close(&p->ready);
	r = gv_replica_store_file(
	    p->made.idx_sum, &p->made.idx_bytes, push->rep, &idx);
	if (r < 0)
		return r;
	push->out->objects += p->made.objects;
	push->out->pack_bytes += p->made.bytes;
	return add_once(&push->after, &p->made);
}

static int
store_parcels(struct parcel *all, size_t n, struct gv_replica_push *push)
{
	struct sending s = { .push = push };
	size_t i;
	int r = n ? make_ready(&all[0], push) : 0;

	for (i = 0; r == 0 && i < n; i++) {
		s.now = &all[i];
		s.next = i + 1 < n ? &all[i + 1] : NULL;
		r = gv_workers_run(s.next ? 2 : 1, send_or_read, &s);
		if (r == 0)
			r = end_parcel(&all[i], push);
	}
	return r;
}

/* What encryption adds is a part in a thousand. */
static int
need_room(struct gv_replica_push *push, const struct parcel *all, size_t n)
{
	uint64_t bytes = 0;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < n; i++)
		if ((r = add_size(&bytes, all[i].pack.p)) == 0)
			r = add_size(&bytes, all[i].idx.p);
	return r < 0 ? r : gv_replica_push_room(push, bytes);
}

/* `base` is of the pack that was made, or empty. */
static int
store_all(struct gv_replica_push *push, const struct gv_replica_reuse *reuse,
    const struct gv_buf *base)
{
	struct parcel *all = calloc(reuse->n + 1, sizeof(*all));
	size_t n, i;
	int r = all ? 0 : gv_err_nomem();

	for (n = 0; all && n < reuse->n; n++) {
		all[n].stem = reuse->all[n].stem.p;
		all[n].check = reuse->all[n].file;
	}
	if (all && base->len)
		all[n++].stem = base->p;
	for (i = 0; r == 0 && i < n; i++)
		r = open_parcel(&all[i]);
	if (r == 0)
		r = need_room(push, all, n);
	/* what was made comes last, and may be empty */
	if (r == 0)
		r = store_parcels(
		    all, n - (n && all[n - 1].made.objects == 0), push);
	for (i = 0; all && i < n; i++) {
		gv_replica_ready_close(&all[i].ready);
		gv_buf_release(&all[i].pack);
		gv_buf_release(&all[i].idx);
	}
	free(all);
	gv_replica_manifest_sort(&push->after);
	return r;
}

int
gv_replica_push_pack(struct gv_replica_push *push)
{
	struct gv_buf base = GV_BUF_INIT, revisions = GV_BUF_INIT;
	struct gv_replica_reuse reuse = { .list = GV_BUF_INIT };
	int r = add_revisions(&revisions, push);

	if (r == 0)
		r = gv_replica_reuse_load(&reuse, push, &revisions);
	if (r == 0 && reuse.is_listed)
		r = pack_left(&base, push, &reuse);
	else if (r == 0)
		r = make_pack(&base, push,
		    &(struct gv_proc_opts){
			.in = revisions.p, .in_len = revisions.len },
		    false);
	if (r == 0)
		r = store_all(push, &reuse, &base);
	gv_replica_reuse_release(&reuse);
	gv_buf_release(&revisions);
	gv_buf_release(&base);
	return r;
}
