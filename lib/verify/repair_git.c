#include "verify/repair_internal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "object/pack.h"
#include "repo/repo.h"
#include "sys/file.h"

int
gv_repair_git(struct gv_proc *p, struct gv_repair_run *run,
    const char *const *argv, bool in_scratch, const char *const *env,
    const struct gv_buf *in)
{
	struct gv_buf dir = GV_BUF_INIT;
	const char *list[8] = { "GIT_OPTIONAL_LOCKS=0" };
	struct gv_proc_opts opts = { .argv = argv, .env = list };
	size_t i;
	int r;

	for (i = 0; env && env[i]; i++)
		list[1 + i] = env[i];
	gv_buf_addf(&dir, "GIT_DIR=%s", run->scratch.p);
	if (in_scratch) {
		list[1] = dir.p;
		list[2] = "GIT_OBJECT_DIRECTORY";
		list[3] = "GIT_ALTERNATE_OBJECT_DIRECTORIES";
		list[4] = "GIT_WORK_TREE";
		list[5] = "GIT_INDEX_FILE";
		list[6] = "GIT_COMMON_DIR";
	}
	if (in) {
		opts.in = in->p;
		opts.in_len = in->len;
	}
	if ((r = gv_buf_check(&dir)) == 0)
		r = gv_proc_run(p, &opts);
	gv_buf_release(&dir);
	return r;
}

int
gv_repair_look_again(struct gv_repair_run *run)
{
	struct gv_buf dir = GV_BUF_INIT;
	struct gv_repo scratch = { 0 };
	int r;

	if (run->other)
		return gv_odb_refresh(run->other);
	gv_buf_addf(&dir, "%s/objects", run->scratch.p);
	r = gv_buf_check(&dir);
	scratch.objects_dir = dir.p;
	if (r == 0)
		r = gv_odb_open(&run->other, &scratch);
	gv_buf_release(&dir);
	return r;
}

/* A copy of git's index, since git writes into it what it computes. 1, 0 where
 * there is none. */
static int
copy_index(struct gv_repair_run *run)
{
	struct gv_buf data = GV_BUF_INIT, to = GV_BUF_INIT;
	int r =
	    gv_file_read(&data, AT_FDCWD, run->repo->index_file, SIZE_MAX / 2);

	gv_buf_addf(&to, "%s/index", run->scratch.p);
	if (r == 0 && (r = gv_buf_check(&to)) == 0)
		r = gv_file_replace(
		    AT_FDCWD, to.p, data.p, data.len, 0666, false);
	gv_buf_release(&data);
	gv_buf_release(&to);
	return r == 0 ? 1 : r == GV_ENOTFOUND || r == GV_EREFUSED ? 0 : r;
}

/* The trees of git's index. Git must not see the repository's objects, or it
 * would take the damaged ones for written. */
static int
write_index_trees(struct gv_repair_run *run)
{
	const char *argv[] = { "git", "write-tree", "--missing-ok", NULL };
	struct gv_buf objects = GV_BUF_INIT, index = GV_BUF_INIT;
	const char *env[] = { NULL, NULL, NULL };
	struct gv_proc p = GV_PROC_INIT;
	int r = gv_repair_scratch(run);

	run->tried |= GV_REPAIR_INDEX;
	gv_buf_addf(
	    &objects, "GIT_OBJECT_DIRECTORY=%s/objects", run->scratch.p);
	gv_buf_addf(&index, "GIT_INDEX_FILE=%s/index", run->scratch.p);
	env[0] = objects.p;
	env[1] = index.p;
	if (r == 0 && (r = gv_buf_check(&objects)) == 0 &&
	    (r = gv_buf_check(&index)) == 0)
		r = copy_index(run);
	if (r == 1)
		r = gv_repair_git(&p, run, argv, false, env, NULL);
	gv_proc_release(&p);
	gv_buf_release(&objects);
	gv_buf_release(&index);
	return r < 0 ? r : gv_repair_look_again(run);
}

/* What git can save of packs whose index is gone with them. */
static int
unpack_all(struct gv_repair_run *run)
{
	const char *argv[] = { "git", "unpack-objects", "-q", "-r", NULL };
	struct gv_buf path = GV_BUF_INIT, data = GV_BUF_INIT;
	size_t i;
	int r = 0;

	run->tried |= GV_REPAIR_UNPACKED;
	for (i = 0; r == 0 && i < run->n_packs; i++) {
		struct gv_proc p = GV_PROC_INIT;

		if (run->packs[i].is_mended && !run->opts->dry_run)
			continue;
		r = gv_repair_scratch(run);
		gv_buf_reset(&path);
		gv_buf_reset(&data);
		gv_buf_addf(&path, "%s.pack", run->packs[i].stem);
		if (r == 0 && (r = gv_buf_check(&path)) == 0 &&
		    gv_file_read(&data, AT_FDCWD, path.p, SIZE_MAX / 2) == 0)
			r = gv_repair_git(&p, run, argv, true, NULL, &data);
		gv_proc_release(&p);
	}
	gv_buf_release(&path);
	gv_buf_release(&data);
	return r < 0 || run->scratch.len == 0 ? r : gv_repair_look_again(run);
}

static int
add_unpacked(struct gv_repair_run *run, const char *hex)
{
	struct gv_object obj = { 0 };
	struct gv_oid oid;
	int r = gv_oid_parse(&oid, hex);

	if (r < 0 || gv_odb_has(run->own, &oid))
		return 0;
	if ((r = gv_odb_read(run->other, &obj, &oid)) == 0)
		r = gv_pack_add_known(
		    run->lane, &oid, obj.type, obj.data, obj.len, NULL);
	gv_object_release(&obj);
	return r;
}

/* Nobody may have asked for them, yet the user's history may need them. */
int
gv_repair_unpacked(struct gv_repair_run *run)
{
	const char *argv[] = { "git", "cat-file", "--batch-all-objects",
		"--batch-check=%(objectname)", NULL };
	struct gv_proc p = GV_PROC_INIT;
	const char *line;
	int r = 0;

	if (!(run->tried & GV_REPAIR_UNPACKED))
		r = unpack_all(run);
	if (r < 0 || run->other == NULL)
		return r;
	r = gv_repair_git(&p, run, argv, true, NULL, NULL);
	for (line = p.out.p; r == 0 && line && *line;
	     line = strchr(line, '\n')) {
		line += *line == '\n';
		if (*line)
			r = add_unpacked(run, line);
	}
	gv_proc_release(&p);
	return r;
}

/* --- all of it --- */

/* What was fetched for another object may hold this one too. */
static int
from_scratch(struct gv_repair_run *run, struct gv_object *obj,
    struct gv_repair_item *item)
{
	int r = gv_repair_read_from(run->other, obj, item);

	item->source = "unpacked from the remains of a pack, or computed";
	if (run->asked || (run->tried & GV_REPAIR_REMOTE)) {
		item->source = "remote";
		item->detail = run->opts->remote;
	}
	return r;
}

int
gv_repair_from_git(struct gv_repair_run *run, struct gv_object *obj,
    struct gv_repair_item *item)
{
	int r = 0;

	if (!(run->tried & GV_REPAIR_INDEX)) {
		if ((r = write_index_trees(run)) == 0)
			r = gv_repair_read_from(run->other, obj, item);
		item->source = "computed from git's index";
		if (r)
			return r;
	}
	if (!(run->tried & GV_REPAIR_UNPACKED))
		r = unpack_all(run);
	if (r == 0)
		r = from_scratch(run, obj, item);
	return r ? r : gv_repair_from_remote(run, obj, item);
}
