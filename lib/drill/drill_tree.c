#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "drill/drill_internal.h"
#include "sys/file.h"

/* The clone's index is that of its HEAD, which may have files that the snapshot
 * does not have: the restore has deleted them. */
static int
add_present(struct gv_drill_tree *t, const char *clone)
{
	struct gv_buf path = GV_BUF_INIT;
	const char *at;
	int r = 0;

	for (at = t->text.p; at < t->text.p + t->text.len;
	     at += strlen(at) + 1) {
		gv_buf_reset(&path);
		gv_buf_addf(&path, "%s/%s", clone, at);
		if ((r = gv_buf_check(&path)) < 0)
			break;
		if (!gv_file_exists(AT_FDCWD, path.p))
			continue;
		if ((r = GV_GROW(t->paths, t->n, t->cap)) < 0)
			break;
		t->paths[t->n++] = at;
	}
	gv_buf_release(&path);
	return r;
}

int
gv_drill_list(struct gv_drill_tree *t, struct gv_drill_run *run)
{
	static const char *const args[] = { "ls-files", "-z", "--cached",
		"--others", "--deduplicate", NULL };
	int r = gv_drill_git(&t->text, run, args);

	if (r != 0)
		return r < 0 ? r
			     : gv_err(GV_ERROR,
				   "git cannot list the files of the clone");
	return add_present(t, run->clone);
}

void
gv_drill_tree_release(struct gv_drill_tree *t)
{
	free(t->paths);
	gv_buf_release(&t->text);
}

int
gv_drill_note(struct gv_drill *d, const struct gv_drill_validation *v)
{
	if (v->validator == NULL || v->path == NULL || v->detail == NULL ||
	    GV_GROW(d->validations, d->n_validations, d->cap) < 0)
		return GV_ENOMEM;
	d->validations[d->n_validations++] = *v;
	return 0;
}
