#include <stdlib.h>

#include "base/err.h"
#include "reuse/reuse_internal.h"

struct joining {
	struct gv_reuse *r;
	struct gv_kin_marks *marks;
};

static int
take_marks(void *ctx, uint32_t file, const char *text, size_t len)
{
	struct joining *j = ctx;
	struct gv_kin_marks *marks = &j->marks[file];

	/* git may print a content twice, for two files */
	gv_kin_release(marks);
	return gv_kin_mark(marks, j->r->files[file].path, text, len);
}

static int
read_project(bool *is_cut, struct joining *j, uint32_t project)
{
	struct gv_reuse *r = j->r;
	uint32_t *files = malloc((r->n_files + 1) * sizeof(*files)), i;
	uint64_t bytes = 0;
	size_t n = 0;
	int result;

	if (files == NULL)
		return gv_err_nomem();
	for (i = 0; i < r->n_files; i++) {
		if (r->files[i].project != project)
			continue;
		if (bytes + r->files[i].size > GV_REUSE_JOINED) {
			*is_cut = true;
			continue;
		}
		bytes += r->files[i].size;
		files[n++] = i;
	}
	result = gv_reuse_read(r, project, files, n, take_marks, j);
	free(files);
	return result;
}

static uint32_t
count_first(const struct gv_reuse *r)
{
	uint32_t n = 0;

	while (n < r->n_files && r->files[n].project == 0)
		n++;
	return n;
}

int
gv_reuse_join(struct gv_kin_pairs *out, bool *is_cut, struct gv_reuse *r)
{
	struct joining j = { .r = r };
	const uint32_t n = count_first(r);
	size_t i;
	int result;

	*out = (struct gv_kin_pairs){ .items = NULL };
	*is_cut = false;
	j.marks = calloc(r->n_files + 1, sizeof(*j.marks));
	if (j.marks == NULL)
		return gv_err_nomem();
	if ((result = read_project(is_cut, &j, 0)) < 0 ||
	    (result = read_project(is_cut, &j, 1)) < 0 ||
	    (result = gv_kin_join(
		 out, j.marks, n, j.marks + n, r->n_files - n)) < 0)
		goto out;
	for (i = 0; i < out->n; i++)
		out->items[i].new += n;
out:
	for (i = 0; i < r->n_files; i++)
		gv_kin_release(&j.marks[i]);
	free(j.marks);
	return result;
}
