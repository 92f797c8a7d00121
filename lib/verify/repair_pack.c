#include "verify/repair_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "object/pack.h"
#include "repo/repo.h"
#include "sys/cancel.h"
#include "sys/entry.h"
#include "sys/file.h"

static void
moved(struct gv_repair_run *run, const char *path, const char *to)
{
	run->result->moved++;
	if (run->opts->moved)
		run->opts->moved(run->opts->ctx, path, to);
}

/* Whether git makes a whole index of the pack: to `index`, a path. */
static int
make_index(struct gv_repair_run *run, const char *stem, const char *index)
{
	struct gv_buf pack = GV_BUF_INIT;
	const char *argv[] = { "git", "index-pack", "--no-rev-index", "-o",
		index, NULL, NULL };
	struct gv_proc p = GV_PROC_INIT;
	int r;

	gv_buf_addf(&pack, "%s.pack", stem);
	argv[5] = pack.p;
	if ((r = gv_buf_check(&pack)) == 0 &&
	    (r = gv_repair_git(&p, run, argv, true, NULL, NULL)) == 0)
		r = p.status == 0;
	gv_proc_release(&p);
	gv_buf_release(&pack);
	return r;
}

static int
sync_packs(const struct gv_repair_run *run)
{
	struct gv_buf dir = GV_BUF_INIT;
	int r;

	gv_buf_addf(&dir, "%s/pack", run->repo->objects_dir);
	if ((r = gv_buf_check(&dir)) == 0)
		r = gv_file_sync_dir(AT_FDCWD, dir.p);
	gv_buf_release(&dir);
	return r;
}

static int
drop(const char *path)
{
	if (gv_entry_unlink(AT_FDCWD, path) < 0 && errno != ENOENT)
		return gv_err_sys("cannot remove the old name %s", path);
	return 0;
}

/* git may repack at any time: what is gone was not damaged, and what is needed
 * of it is elsewhere, or is missed when the snapshots are read. */
static int
is_there(const char *stem)
{
	struct gv_buf path = GV_BUF_INIT;
	int r;

	gv_buf_addf(&path, "%s.pack", stem);
	if ((r = gv_buf_check(&path)) == 0)
		r = gv_file_exists(AT_FDCWD, path.p);
	gv_buf_release(&path);
	return r;
}

/* Whether git flushed what it wrote is the user's choice (core.fsync). */
static int
put(const char *from, const char *to)
{
	int r = gv_file_sync(AT_FDCWD, from);

	if (r == 0 && gv_entry_rename(AT_FDCWD, from, AT_FDCWD, to) < 0)
		r = gv_err_sys("cannot move the rebuilt file to %s", to);
	return r;
}

/* Put it in its place. */
static int
place_index(struct gv_repair_run *run, struct gv_repair_pack *pack,
    const char *from, const char *to)
{
	int r = 0;

	if (!run->opts->dry_run && (r = put(from, to)) == 0 &&
	    (r = sync_packs(run)) == 0 && is_there(pack->stem) == 0)
		return drop(to);
	pack->is_mended = r == 0;
	if (r == 0)
		moved(run, to, NULL);
	return r;
}

/* The index alone is damaged: git makes another out of the pack. */
static int
mend_index(struct gv_repair_run *run, struct gv_repair_pack *pack)
{
	struct gv_buf index = GV_BUF_INIT, place = GV_BUF_INIT;
	int r = gv_repair_scratch(run);

	gv_buf_addf(&index, "%s/made.idx", run->scratch.p);
	gv_buf_addf(&place, "%s.idx", pack->stem);
	if (r == 0 && (r = gv_buf_check(&index)) == 0 &&
	    (r = gv_buf_check(&place)) == 0)
		r = make_index(run, pack->stem, index.p);
	if (r == 1)
		r = place_index(run, pack, index.p, place.p);
	gv_file_remove_tree(AT_FDCWD, index.p);
	gv_buf_release(&index);
	gv_buf_release(&place);
	return r;
}

static int
add_pack(
    struct gv_repair_run *run, const char *stem, struct gv_odb_health *health)
{
	struct gv_repair_pack *pack;

	if (GV_GROW(run->packs, run->n_packs, run->packs_cap) < 0)
		return GV_ENOMEM;
	pack = &run->packs[run->n_packs];
	memset(pack, 0, sizeof(*pack));
	pack->stem = strdup(stem);
	if (pack->stem == NULL)
		return gv_err_nomem();
	pack->health = *health;
	memset(health, 0, sizeof(*health));
	run->n_packs++;
	return 0;
}

static int
inspect_pack(struct gv_repair_run *run, const char *stem)
{
	struct gv_odb_health h;
	int r = gv_odb_health_check(&h, run->lenient, stem);

	if (r < 0)
		return r;
	if (h.no_index || h.index_bad || h.pack_bad || h.n_damaged)
		r = is_there(stem);
	if (r > 0)
		r = add_pack(run, stem, &h);
	gv_odb_health_release(&h);
	if (r == 0 && run->opts->add)
		run->opts->add(run->opts->progress_ctx, 1, 0);
	return r == 0 && gv_cancel_requested() ? gv_cancel_error() : r;
}

int
gv_repair_inspect(struct gv_repair_run *run)
{
	struct gv_buf stems = GV_BUF_INIT;
	const char *at;
	size_t i;
	int r = gv_odb_health_packs(&stems, run->repo->objects_dir);

	for (at = stems.p; r == 0 && at < stems.p + stems.len;
	     at += strlen(at) + 1)
		r = inspect_pack(run, at);
	for (i = 0; r == 0 && i < run->n_packs; i++)
		if ((run->packs[i].health.no_index ||
			run->packs[i].health.index_bad) &&
		    !run->packs[i].health.pack_bad)
			r = mend_index(run, &run->packs[i]);
	if (r == 0)
		r = gv_odb_health_loose(&run->loose, &run->loose_ids,
		    &run->n_loose, run->repo->objects_dir);
	gv_buf_release(&stems);
	return r;
}

/* --- what can still be read of a damaged pack --- */

/* By git's own packer, which keeps the deltas: 1 where it could, 0 where it
 * could not read the pack. */
static int
salvage_by_git(struct gv_repair_run *run, struct gv_repair_pack *pack)
{
	static const char *const env[] = { "GIT_NO_LAZY_FETCH=1", NULL };
	struct gv_buf base = GV_BUF_INIT, ids = GV_BUF_INIT;
	const char *argv[] = { "git", "pack-objects", "-q",
		"--delta-base-offset", NULL, NULL };
	struct gv_proc p = GV_PROC_INIT;
	char hex[GV_OID_HEX + 1];
	size_t i;
	int r = 0;

	gv_buf_addf(&base, "%s/salvage", run->scratch.p);
	argv[4] = base.p;
	for (i = 0; i < pack->health.n_whole; i++) {
		gv_oid_format(hex, &pack->health.whole[i]);
		gv_buf_addf(&ids, "%s\n", hex);
	}
	if ((r = gv_buf_check(&ids)) == 0 && (r = gv_buf_check(&base)) == 0 &&
	    (r = gv_repair_git(&p, run, argv, false, env, &ids)) == 0 &&
	    p.status == 0 && p.out.len == GV_OID_HEX + 1) {
		memcpy(pack->salvage, p.out.p, GV_OID_HEX);
		pack->salvage[GV_OID_HEX] = '\0';
		r = 1;
	}
	gv_proc_release(&p);
	gv_buf_release(&base);
	gv_buf_release(&ids);
	return r;
}

/* By our own eyes, which mind only the objects, each whole. */
static int
salvage_by_hand(struct gv_repair_run *run, const struct gv_repair_pack *pack)
{
	struct gv_object obj = { 0 };
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < pack->health.n_whole; i++) {
		if ((r = gv_odb_read(
			 run->lenient, &obj, &pack->health.whole[i])) == 0)
			r = gv_pack_add_known(run->lane, &pack->health.whole[i],
			    obj.type, obj.data, obj.len, NULL);
		gv_object_release(&obj);
		if (r == 0 && gv_cancel_requested())
			r = gv_cancel_error();
	}
	return r;
}

int
gv_repair_salvage(struct gv_repair_run *run)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < run->n_packs; i++) {
		struct gv_repair_pack *pack = &run->packs[i];

		if (pack->is_mended)
			continue;
		if (pack->health.no_index || pack->health.index_bad)
			r = gv_repair_unpacked(run);
		if (r < 0 || pack->health.n_whole == 0)
			continue;
		if ((r = gv_repair_scratch(run)) == 0 &&
		    (r = salvage_by_git(run, pack)) == 0)
			r = salvage_by_hand(run, pack);
		if (r == 1)
			r = 0;
	}
	return r;
}

/* --- putting in place, and aside --- */

/* Move one file of the salvage to the pack folder; over a damaged one of the
 * same name, which stands aside by now. */
static int
place_file(struct gv_repair_run *run, const char *name, const char *ext)
{
	struct gv_buf from = GV_BUF_INIT, to = GV_BUF_INIT;
	int r;

	gv_buf_addf(&from, "%s/salvage-%s.%s", run->scratch.p, name, ext);
	gv_buf_addf(
	    &to, "%s/pack/pack-%s.%s", run->repo->objects_dir, name, ext);
	if ((r = gv_buf_check(&from)) == 0 && (r = gv_buf_check(&to)) == 0)
		r = put(from.p, to.p);
	gv_buf_release(&from);
	gv_buf_release(&to);
	return r;
}

/* What the user said of the old pack holds for the new one. */
static int
keep_marks(const struct gv_repair_run *run, const struct gv_repair_pack *pack)
{
	static const char *const marks[] = { "keep", "promisor" };
	struct gv_buf from = GV_BUF_INIT, to = GV_BUF_INIT;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < 2; i++) {
		gv_buf_reset(&from);
		gv_buf_reset(&to);
		gv_buf_addf(&from, "%s.%s", pack->stem, marks[i]);
		gv_buf_addf(&to, "%s/pack/pack-%s.%s", run->repo->objects_dir,
		    pack->salvage, marks[i]);
		if ((r = gv_buf_check(&from)) == 0 &&
		    (r = gv_buf_check(&to)) == 0)
			r = gv_repair_second_name(from.p, to.p);
		if (r == -EEXIST || r == -ENOENT)
			r = 0;
	}
	gv_buf_release(&from);
	gv_buf_release(&to);
	return r;
}

/* Whether the readable rest of one before it was the same, which so stands in
 * place already. */
static bool
is_placed(const struct gv_repair_run *run, const struct gv_repair_pack *pack)
{
	const struct gv_repair_pack *p;

	for (p = run->packs; p < pack; p++)
		if (!p->is_mended && strcmp(p->salvage, pack->salvage) == 0)
			return true;
	return false;
}

/* The pack before its index, since an index without its pack is an error to
 * whoever reads it. */
static int
place_salvage(struct gv_repair_run *run, const struct gv_repair_pack *pack)
{
	int r;

	if (pack->salvage[0] == '\0')
		return 0;
	r = keep_marks(run, pack);
	if (r < 0 || is_placed(run, pack))
		return r;
	if ((r = place_file(run, pack->salvage, "pack")) == 0)
		r = place_file(run, pack->salvage, "idx");
	return r < 0 ? r : sync_packs(run);
}

/* Whether what stands there now is a new one, which has the very name where the
 * frame of the old one was damaged, or all that another one still had is what
 * this one should have. */
static bool
is_taken(const struct gv_repair_run *run, const char *stem)
{
	const size_t len = strlen(stem);
	size_t i;

	for (i = 0; len > GV_OID_HEX && i < run->n_packs; i++)
		if (!run->packs[i].is_mended &&
		    strcmp(stem + len - GV_OID_HEX, run->packs[i].salvage) == 0)
			return true;
	return false;
}

static int
drop_ext(const struct gv_repair_pack *pack, const char *ext)
{
	struct gv_buf path = GV_BUF_INIT;
	int r;

	gv_buf_addf(&path, "%s.%s", pack->stem, ext);
	if ((r = gv_buf_check(&path)) == 0)
		r = drop(path.p);
	gv_buf_release(&path);
	return r;
}

/* The old names go, the index first: without it nobody looks into the pack. */
static int
drop_old(const struct gv_repair_run *run, const struct gv_repair_pack *pack)
{
	static const char *const exts[] = { "idx", "rev", "bitmap", "mtimes",
		"pack", "keep", "promisor" };
	size_t i;
	int r = 0;

	if (is_taken(run, pack->stem))
		return 0;
	for (i = 0; r == 0 && i < sizeof(exts) / sizeof(exts[0]); i++)
		r = drop_ext(pack, exts[i]);
	return r < 0 ? r : sync_packs(run);
}

/* Of each a second name first: what is put in place may have the very name of
 * another damaged one. */
static int
put_aside(struct gv_repair_run *run, struct gv_repair_pack *pack)
{
	struct gv_repair_aside what = { .has_note = true,
		.n_whole = pack->health.n_whole,
		.damaged = pack->health.damaged,
		.n_damaged = pack->health.n_damaged };
	struct gv_repair_aside index = { .has_note = false };
	struct gv_buf path = GV_BUF_INIT, to = GV_BUF_INIT;
	int r;

	gv_buf_addf(&path, "%s.idx", pack->stem);
	r = gv_buf_check(&path);
	index.path = path.p;
	if (r == 0)
		r = gv_repair_aside(&to, run, &index);
	gv_buf_reset(&path);
	gv_buf_addf(&path, "%s.pack", pack->stem);
	if (r == 0)
		r = gv_buf_check(&path);
	what.path = path.p;
	if (r < 0 || (r = gv_repair_aside(&to, run, &what)) < 0)
		goto out;
	if (to.len)
		pack->aside = gv_arena_copy(&run->arena, to.p, to.len);
	if (to.len && pack->aside == NULL)
		r = GV_ENOMEM;
out:
	gv_buf_release(&path);
	gv_buf_release(&to);
	return r;
}

static int
drop_pack(struct gv_repair_run *run, const struct gv_repair_pack *pack)
{
	struct gv_buf path = GV_BUF_INIT;
	int r;

	if ((r = drop_old(run, pack)) < 0)
		goto out;
	gv_buf_addf(&path, "%s.pack", pack->stem);
	if ((r = gv_buf_check(&path)) < 0)
		goto out;
	if (pack->aside)
		moved(run, path.p, pack->aside);
out:
	gv_buf_release(&path);
	return r;
}

/* All of one step before any of the next. */
static int
replace_packs(struct gv_repair_run *run)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < run->n_packs; i++)
		if (!run->packs[i].is_mended)
			r = put_aside(run, &run->packs[i]);
	for (i = 0; r == 0 && i < run->n_packs; i++)
		if (!run->packs[i].is_mended)
			r = place_salvage(run, &run->packs[i]);
	for (i = 0; r == 0 && i < run->n_packs; i++)
		if (!run->packs[i].is_mended)
			r = drop_pack(run, &run->packs[i]);
	return r;
}

/* It names packs that are gone; git makes another when it wants one. */
static int
drop_midx(struct gv_repair_run *run)
{
	struct gv_buf path = GV_BUF_INIT;
	int r;

	gv_buf_addf(&path, "%s/pack/multi-pack-index", run->repo->objects_dir);
	if ((r = gv_buf_check(&path)) == 0)
		r = drop(path.p);
	gv_buf_release(&path);
	return r;
}

/* `oid`: of a loose object, else NULL. */
static int
replace_file(
    struct gv_repair_run *run, const char *path, const struct gv_oid *oid)
{
	const struct gv_repair_aside what = { .path = path,
		.has_note = oid != NULL,
		.damaged = oid,
		.n_damaged = oid != NULL };
	struct gv_buf to = GV_BUF_INIT;
	int r;

	if ((r = gv_repair_aside(&to, run, &what)) < 0 ||
	    (r = drop(path)) < 0 ||
	    (r = gv_file_sync_parent(AT_FDCWD, path)) < 0)
		goto out;
	if (to.len)
		moved(run, path, to.p);
out:
	gv_buf_release(&to);
	return r;
}

/* A dry run says where it would stand. */
static int
replace_cache(struct gv_repair_run *run, const char *path)
{
	const char *name = strrchr(path, '/');
	struct gv_buf to = GV_BUF_INIT;
	int r;

	if (!run->opts->dry_run)
		return replace_file(run, path, NULL);
	gv_buf_addf(&to, "%s/vault/damaged%s", run->repo->common_dir, name);
	if ((r = gv_buf_check(&to)) == 0 && gv_file_exists(AT_FDCWD, path))
		moved(run, path, to.p);
	gv_buf_release(&to);
	return r;
}

int
gv_repair_caches(struct gv_repair_run *run)
{
	struct gv_buf paths = GV_BUF_INIT, chain = GV_BUF_INIT;
	const char *at;
	int r = gv_odb_health_caches(&paths, run->repo->objects_dir);

	for (at = paths.p; r == 0 && at < paths.p + paths.len;
	     at += strlen(at) + 1) {
		if ((r = gv_odb_health_chain(&chain, at)) == 0 && chain.len)
			r = replace_cache(run, chain.p);
		if (r == 0)
			r = replace_cache(run, at);
	}
	gv_buf_release(&paths);
	gv_buf_release(&chain);
	return r;
}

int
gv_repair_place(struct gv_repair_run *run)
{
	const char *at;
	size_t i;
	bool any = false;
	int r = 0;

	for (i = 0; i < run->n_packs; i++)
		any |= !run->packs[i].is_mended;
	if (any && (r = drop_midx(run)) < 0)
		return r;
	if ((r = replace_packs(run)) < 0)
		return r;
	for (at = run->loose.p, i = 0;
	     r == 0 && at < run->loose.p + run->loose.len; at += strlen(at) + 1)
		r = replace_file(run, at, &run->loose_ids[i++]);
	return r;
}
