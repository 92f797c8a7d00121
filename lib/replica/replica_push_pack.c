#include <fcntl.h>
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

/* The base of the files' names; empty where there was nothing to pack. */
static int
make_pack(struct gv_buf *base, struct gv_replica_push *push)
{
	static const char *const front[] = { "git", "-c",
		"pack.packSizeLimit=0", "-c", "pack.useBitmaps=false",
		"pack-objects", "--revs", "-q", "--delta-base-offset", NULL,
		NULL };
	const char *argv[sizeof(front) / sizeof(front[0])];
	struct gv_buf revisions = GV_BUF_INIT, stem = GV_BUF_INIT;
	struct gv_proc p = GV_PROC_INIT;
	int r = add_revisions(&revisions, push);

	gv_buf_addf(&stem, "%s/pack", push->scratch.dir.p);
	if (r < 0 || (r = gv_buf_check(&stem)) < 0)
		goto out;
	memcpy(argv, front, sizeof(front));
	argv[sizeof(front) / sizeof(front[0]) - 2] = stem.p;
	if ((r = gv_scratch_git(&p, &push->scratch, argv, &revisions)) < 0)
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
	gv_buf_release(&revisions);
	gv_buf_release(&stem);
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

/* What encryption adds is a part in a thousand. */
static int
need_room(struct gv_replica_push *push, const char *pack, const char *idx)
{
	uint64_t bytes = 0;
	int r;

	if ((r = add_size(&bytes, pack)) < 0 || (r = add_size(&bytes, idx)) < 0)
		return r;
	return gv_replica_push_room(push, bytes);
}

static int
store_both(struct gv_replica_push *push, const char *base)
{
	struct gv_buf pack = GV_BUF_INIT, idx = GV_BUF_INIT;
	struct gv_replica_pack made;
	int r;

	memset(&made, 0, sizeof(made));
	gv_buf_addf(&pack, "%s.pack", base);
	gv_buf_addf(&idx, "%s.idx", base);
	if ((r = gv_buf_check(&pack)) < 0 || (r = gv_buf_check(&idx)) < 0 ||
	    (r = count_objects(&made.objects, pack.p)) < 0)
		goto out;
	if (made.objects == 0)
		goto out;
	if ((r = need_room(push, pack.p, idx.p)) < 0)
		goto out;
	if ((r = gv_replica_store_file(
		 made.sum, &made.bytes, push->rep, pack.p, "pack", NULL)) < 0)
		goto out;
	r = gv_replica_store_file(
	    made.idx_sum, &made.idx_bytes, push->rep, idx.p, "idx", made.sum);
	push->out->objects = made.objects;
	push->out->pack_bytes = made.bytes;
	if (r == 0)
		r = gv_replica_manifest_add_pack(&push->after, &made);
	gv_replica_manifest_sort(&push->after);
out:
	gv_buf_release(&pack);
	gv_buf_release(&idx);
	return r;
}

int
gv_replica_push_pack(struct gv_replica_push *push)
{
	struct gv_buf base = GV_BUF_INIT;
	int r = make_pack(&base, push);

	if (r == 0 && base.len)
		r = store_both(push, base.p);
	gv_buf_release(&base);
	return r;
}
