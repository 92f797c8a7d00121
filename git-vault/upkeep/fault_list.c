#include "git-vault/upkeep/fault_list.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "git-vault/front/out.h"
#include "git-vault/upkeep/fault_out.h"

static int
copy(struct gv_verify_fault *out, struct gv_fault_list *list,
    const struct gv_verify_fault *f)
{
	struct gv_arena *a = &list->arena;

	*out = *f;
	out->snapshot = gv_arena_copy(a, f->snapshot, strlen(f->snapshot));
	out->reason = gv_arena_copy(a, f->reason, strlen(f->reason));
	out->path = gv_arena_copy(a, f->path, f->len);
	if (out->snapshot == NULL || out->reason == NULL || out->path == NULL)
		return GV_ENOMEM;
	if (f->state &&
	    !(out->state = gv_arena_copy(a, f->state, strlen(f->state))))
		return GV_ENOMEM;
	return 0;
}

/* A new line, found by `key` if the fault is of an object. */
static int
add_line(struct gv_fault_line **out, struct gv_fault_list *list,
    const struct gv_buf *key, const struct gv_verify_fault *f)
{
	struct gv_fault_line *line =
	    gv_arena_alloc(&list->arena, sizeof(*line));
	int r;

	if (line == NULL)
		return GV_ENOMEM;
	*line = (struct gv_fault_line){ .last = "" };
	if ((r = copy(&line->fault, list, f)) < 0 ||
	    (r = gv_vec_grow((void **)&list->lines, &list->cap, list->n + 1,
		 sizeof(*list->lines))) < 0)
		return r;
	if (!gv_oid_is_zero(&f->oid)) {
		const char *own = gv_arena_copy(&list->arena, key->p, key->len);

		if (own == NULL)
			return GV_ENOMEM;
		r = gv_map_put(&list->by_object, own, key->len, line);
		if (r < 0)
			return r;
	}
	list->lines[list->n++] = *out = line;
	return 0;
}

/* An object may be at several paths of one snapshot. */
static int
count(struct gv_fault_line *line, struct gv_fault_list *list,
    const struct gv_verify_fault *f)
{
	if (f->state) {
		line->versions++;
		return 0;
	}
	line->paths += strcmp(line->fault.snapshot, f->snapshot) == 0;
	if (strcmp(line->last, f->snapshot) == 0)
		return 0;
	line->snapshots++;
	line->last =
	    gv_arena_copy(&list->arena, f->snapshot, strlen(f->snapshot));
	return line->last ? 0 : GV_ENOMEM;
}

int
gv_fault_list_add(struct gv_fault_list *list, const struct gv_verify_fault *f)
{
	struct gv_buf key = GV_BUF_INIT;
	struct gv_fault_line *line = NULL;
	int r;

	gv_buf_add(&key, f->oid.id, sizeof(f->oid.id));
	gv_buf_addstr(&key, f->reason);
	if ((r = gv_buf_check(&key)) < 0)
		goto out;
	if (!gv_oid_is_zero(&f->oid))
		line = gv_map_get(&list->by_object, key.p, key.len);
	if (line == NULL && (r = add_line(&line, list, &key, f)) < 0)
		goto out;
	r = count(line, list, f);
out:
	gv_buf_release(&key);
	return r;
}

static void
print_count(struct gv_out *out, const struct gv_fault_line *line)
{
	char snapshots[GV_OUT_SIZE_MAX], versions[GV_OUT_SIZE_MAX];
	char paths[GV_OUT_SIZE_MAX];

	gv_out_count(paths, line->paths, "path");
	gv_out_count(snapshots, line->snapshots, "snapshot");
	gv_out_count(versions, line->versions, "state version");
	if (line->paths > 1)
		gv_out_printf(out, "; at %s", paths);
	if (line->snapshots + line->versions > 1)
		gv_out_printf(out, "%s in %s%s%s", line->paths > 1 ? "" : ";",
		    line->snapshots ? snapshots : "",
		    line->snapshots && line->versions ? " and " : "",
		    line->versions ? versions : "");
}

void
gv_fault_list_print(const struct gv_fault_list *list, struct gv_out *out)
{
	size_t i, mark;

	for (i = 0; i < list->n && !gv_out_stopped(out); i++) {
		mark = gv_out_fold_begin(out);
		gv_fault_out_line(out, &list->lines[i]->fault);
		print_count(out, list->lines[i]);
		gv_out_printf(out, "\n");
		gv_out_fold_end(out, mark);
	}
}

void
gv_fault_list_release(struct gv_fault_list *list)
{
	gv_map_release(&list->by_object);
	gv_arena_release(&list->arena);
	free(list->lines);
	list->lines = NULL;
	list->n = list->cap = 0;
}
