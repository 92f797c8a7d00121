#include "git-vault/front/project_kin.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "git-vault/front/project_line.h"
#include "project/lineage.h"
#include "project/registry.h"
#include "reuse/reuse.h"

static int
add(struct gv_project_kins *out, const struct gv_project_kin *kin)
{
	struct gv_project_kin copy = *kin;

	copy.here = gv_arena_copy(&out->arena, kin->here, strlen(kin->here));
	copy.there = gv_arena_copy(&out->arena, kin->there, strlen(kin->there));
	copy.project =
	    gv_arena_copy(&out->arena, kin->project, strlen(kin->project));
	if (copy.here == NULL || copy.there == NULL || copy.project == NULL ||
	    GV_GROW(out->items, out->n, out->cap) < 0)
		return gv_err_nomem();
	out->items[out->n++] = copy;
	return 0;
}

static int
add_end(struct gv_reuse *r, const struct gv_lineage_end *end)
{
	return gv_reuse_add_part(r, end->project->name, end->project->path,
	    end->folder, end->branch);
}

/* Add the pairs of a link, as its newer end sees them or its older one. */
static int
add_link(struct gv_project_kins *out, const struct gv_lineage_link *link,
    bool is_heir)
{
	struct gv_kin_pairs pairs = { .items = NULL };
	struct gv_buf name = GV_BUF_INIT;
	struct gv_reuse found;
	bool is_cut = false;
	size_t i;
	int r;

	if (link->old.project == NULL || link->old.project->is_gone ||
	    link->new.project->is_gone)
		return 0;
	gv_reuse_init(&found);
	gv_lineage_add_name(&name, is_heir ? &link->new : &link->old);
	if ((r = gv_buf_check(&name)) < 0 ||
	    (r = add_end(&found, &link->old)) < 0 ||
	    (r = add_end(&found, &link->new)) < 0 ||
	    (r = gv_reuse_list(&found)) < 0 ||
	    (r = gv_reuse_join(&pairs, &is_cut, &found)) < 0)
		goto out;
	for (i = 0; r == 0 && i < pairs.n; i++) {
		const struct gv_kin_pair *p = &pairs.items[i];
		const char *old = found.files[p->old].path;
		const char *new = found.files[p->new].path;

		r = add(out,
		    &(struct gv_project_kin){ .here = is_heir ? old : new,
			.there = is_heir ? new : old,
			.project = name.p,
			.is_heir = is_heir,
			.alike = p->alike });
	}
	gv_buf_add(&out->unread, found.unread.p, found.unread.len);
	if (is_cut)
		gv_buf_addf(&out->unread,
		    "%s: more than 128 MiB of source code; the rest was not "
		    "compared\n",
		    link->new.project->name);
	if (r == 0)
		r = gv_buf_check(&out->unread);
out:
	free(pairs.items);
	gv_buf_release(&name);
	gv_reuse_release(&found);
	return r;
}

static int
by_path(const void *a, const void *b)
{
	const struct gv_project_kin *x = a, *y = b;
	const int r = strcmp(x->here, y->here);

	if (r)
		return r;
	if (x->is_heir != y->is_heir)
		return x->is_heir ? 1 : -1;
	return strcmp(x->there, y->there);
}

static int
end(struct gv_project_kins *out, int r)
{
	if (out->n)
		qsort(out->items, out->n, sizeof(*out->items), by_path);
	return r;
}

int
gv_project_kin_find(
    struct gv_project_kins *out, const struct gv_project_line *line)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < line->lineage.n; i++) {
		const struct gv_lineage_link *link = &line->lineage.links[i];

		if (link->new.project == line->here.project)
			r = add_link(out, link, false);
		if (r == 0 && link->old.project == line->here.project)
			r = add_link(out, link, true);
	}
	return end(out, r);
}

int
gv_project_kin_of_link(
    struct gv_project_kins *out, const struct gv_lineage_link *link)
{
	return end(out, add_link(out, link, false));
}

const struct gv_project_kin *
gv_project_kin_of(const struct gv_project_kins *kins, const char *path,
    const struct gv_project_kin *after)
{
	size_t low = 0, high = kins->n;

	if (after) {
		low = (size_t)(after - kins->items) + 1;
	} else {
		while (low < high) {
			const size_t mid = low + (high - low) / 2;

			if (strcmp(kins->items[mid].here, path) < 0)
				low = mid + 1;
			else
				high = mid;
		}
	}
	return low < kins->n && strcmp(kins->items[low].here, path) == 0
	    ? &kins->items[low]
	    : NULL;
}

void
gv_project_kin_release(struct gv_project_kins *kins)
{
	free(kins->items);
	gv_arena_release(&kins->arena);
	gv_buf_release(&kins->unread);
	*kins = (struct gv_project_kins)GV_PROJECT_KINS_INIT;
}
