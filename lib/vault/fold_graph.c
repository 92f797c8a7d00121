#include "vault/fold_internal.h"

#include <fcntl.h>
#include <string.h>

#include "base/err.h"
#include "store/repo.h"
#include "sys/file.h"
#include "sys/proc.h"

static int
has_info(bool *out, const struct gv_fold_run *run, const char *name)
{
	struct gv_buf path = GV_BUF_INIT;
	int r;

	gv_buf_addf(&path, "%s/info/%s", run->repo->objects_dir, name);
	r = gv_buf_check(&path);
	if (r == 0)
		*out = gv_file_exists(AT_FDCWD, path.p);
	gv_buf_release(&path);
	return r;
}

static bool
drops_commit(const struct gv_odb_own *own)
{
	size_t i;

	for (i = 0; i < own->n_objects; i++)
		if (own->objects[i].fate == GV_ODB_OWN_GOES &&
		    own->objects[i].type == GV_OTYPE_COMMIT)
			return true;
	return false;
}

/* git keeps what the old one had of changed paths. Where core.commitGraph is
 * false it would write none, and the old one would be wrong later. */
static int
write_graph(bool is_split)
{
	static const char *const env[] = { "LC_ALL=C", NULL };
	const char *argv[] = { "git", "-c", "core.commitGraph=true",
		"commit-graph", "write", "--reachable", "--no-progress",
		is_split ? "--split=replace" : NULL, NULL };
	struct gv_proc p = GV_PROC_INIT;
	int r =
	    gv_proc_run(&p, &(struct gv_proc_opts){ .argv = argv, .env = env });

	if (r == 0 && p.status)
		r = gv_err(
		    strstr(p.err.p, "File exists") ? GV_ELOCKED : GV_ERROR,
		    "git cannot write its commit-graph anew, so nothing is "
		    "dropped: %.*s",
		    (int)strcspn(p.err.p, "\n"),
		    p.err.len ? p.err.p : "git commit-graph was killed");
	gv_proc_release(&p);
	return r;
}

int
gv_fold_graph(const struct gv_fold_run *run)
{
	bool is_whole = false, is_split = false;
	int r = has_info(&is_whole, run, "commit-graph");

	if (r == 0)
		r = has_info(&is_split, run, "commit-graphs");
	if (r < 0 || (!is_whole && !is_split) || !drops_commit(&run->own))
		return r;
	return write_graph(is_split);
}
