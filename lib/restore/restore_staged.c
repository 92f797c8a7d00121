#include "restore/restore_internal.h"

#include <string.h>

#include "base/err.h"
#include "crypto/secret.h"
#include "object/pack.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "record/record.h"
#include "repo/repo.h"
#include "safe/safe.h"
#include "seal/withheld.h"
#include "view/crossing.h"

/*
 * What was staged, where values are withheld of it: git's index names blobs in
 * clear, as it did, so they are made again. What no key opens is staged as HEAD
 * had it, since a placeholder might be committed unseen.
 */
struct staged {
	struct gv_repo *repo;
	struct gv_odb *odb;
	const struct gv_record *rec;
	struct gv_revealed *given;
	struct gv_revealed_reader *reader;
	struct gv_pack *pack;
	struct gv_pack_lane *lane;
	struct gv_secret bytes;
	struct gv_buf *info;
};

static int
append(void *ctx, const void *data, size_t len)
{
	return gv_secret_add(ctx, data, len);
}

static void
add_line(struct staged *s, unsigned mode, const struct gv_oid *oid,
    const struct gv_withheld_entry *e)
{
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, oid);
	gv_buf_addf(s->info, "%o %s 0\t", mode, hex);
	gv_buf_add(s->info, e->path, e->path_len);
	gv_buf_addch(s->info, '\0');
}

/* As the commit had it on which the snapshot was taken; away where it did not.
 */
static int
add_base(struct staged *s, const struct gv_withheld_entry *e)
{
	struct gv_object obj = { 0 };
	struct gv_oid tree = { 0 }, oid = { 0 };
	unsigned mode = 0;
	int r = GV_ENOTFOUND;

	if (!gv_oid_is_zero(&s->rec->base)) {
		r = gv_odb_read_type(
		    s->odb, &obj, &s->rec->base, GV_OTYPE_COMMIT);
		if (r == 0 &&
		    (obj.len < 5 + GV_OID_HEX ||
			gv_oid_parse(&tree, (const char *)obj.data + 5) < 0))
			r = gv_err(GV_ECORRUPT, "the base has no tree");
		gv_object_release(&obj);
	}
	if (r == 0)
		r = gv_tree_find(s->odb, &tree, e->path, &mode, &oid);
	if (r == GV_ENOTFOUND) {
		memset(&oid, 0, sizeof(oid));
		mode = 0;
		r = 0;
	}
	if (r == 0)
		add_line(s, mode, &oid, e);
	return r;
}

static int
add_file(struct staged *s, struct gv_restore_run *run,
    const struct gv_revealed_file *file)
{
	const struct gv_withheld_entry *e = file->entries;
	struct gv_revealed_what what = { .file = file };
	struct gv_revealed_left left = { 0 };
	struct gv_oid oid;
	unsigned mode;
	int r = gv_tree_find(s->odb, &s->rec->index, e->path, &mode, &what.oid);

	if (r < 0)
		return r;
	gv_secret_reset(&s->bytes);
	r = gv_revealed_stream(&left, s->reader, &what, append, &s->bytes);
	if (left.damaged || left.sealed || left.crossed) {
		if (run)
			gv_restore_tell_left(
			    run, e->path, e->path_len, &left, true);
		return add_base(s, e);
	}
	if (r != 0)
		return r;
	r = gv_pack_add(
	    s->lane, &oid, GV_OTYPE_BLOB, s->bytes.p, s->bytes.len, NULL);
	if (r < 0)
		return r;
	add_line(s, mode, &oid, e);
	return 0;
}

static int
add_files(struct staged *s, struct gv_restore_run *run)
{
	const struct gv_pack_opts opts = { .objects_dir = s->repo->objects_dir,
		.odb = s->odb };
	const struct gv_revealed_file *file;
	struct gv_pack_result result;
	size_t i;
	int r = gv_pack_open(&s->pack, &opts), closed;

	if (r == 0)
		r = gv_pack_lane_open(&s->lane, s->pack);
	for (i = 0; r == 0 && (file = gv_revealed_at(s->given, i)) != NULL; i++)
		r = add_file(s, run, file);
	closed = gv_pack_lane_close(s->lane);
	if (r == 0 && (r = closed) == 0 &&
	    (r = gv_pack_finish(s->pack, &result)) == 0)
		gv_pack_unkeep(s->pack);
	gv_pack_free(s->pack);
	return r < 0 ? r : gv_buf_check(s->info);
}

int
gv_restore_add_staged(struct gv_buf *info, struct gv_repo *repo,
    const struct gv_record *rec, struct gv_restore_run *run)
{
	struct staged s = {
		.repo = repo, .rec = rec, .info = info, .bytes = GV_SECRET_INIT
	};
	const struct gv_safe_opts opts = { 0 };
	struct gv_crossing *crossing = NULL;
	struct gv_safe *own = NULL;
	int r = gv_repo_odb(repo, &s.odb);

	if (r == 0)
		r = gv_revealed_load(&s.given, s.odb, rec, GV_REVEALED_INDEX);
	if (r < 0 || s.given == NULL)
		return r;
	/* an interrupted restore is finished by the keys of this host */
	if (run == NULL && gv_safe_open(&own, repo, &opts) < 0)
		own = NULL;
	if (run == NULL)
		r = gv_crossing_new(&crossing, repo, own, rec, NULL);
	if (r < 0)
		goto out;
	r = gv_revealed_bar_crossing(s.given, run ? run->crossing : crossing);
	if (r < 0)
		goto out;
	r = gv_revealed_reader_new(
	    &s.reader, s.odb, run ? run->opts->safe : own);
	if (r < 0)
		goto out;
	r = add_files(&s, run);
out:
	gv_revealed_reader_free(s.reader);
	gv_revealed_free(s.given);
	gv_crossing_free(crossing);
	gv_secret_release(&s.bytes);
	gv_safe_close(own);
	return r;
}
