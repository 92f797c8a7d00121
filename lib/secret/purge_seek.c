#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "object/chunk.h"
#include "object/odb.h"
#include "seal/needle.h"
#include "secret/purge_internal.h"
#include "sys/cancel.h"
#include "sys/proc.h"

#define WHOLE   ((uint64_t)8 * 1024 * 1024)
#define POINTER ((uint64_t)1024) /* no pointer to chunks is larger */

/* Bytes that come in pieces: what the last ones may be the beginning of is
 * kept. */
struct window {
	const struct gv_needles *needles;
	struct gv_buf bytes;
	bool found;
};

static int
note(void *ctx, size_t at, size_t len, size_t tag)
{
	bool *found = ctx;

	(void)at;
	(void)len;
	(void)tag;
	*found = true;
	return 1;
}

static int
add(void *ctx, const void *data, size_t len)
{
	struct window *w = ctx;
	size_t keep = gv_needles_longest(w->needles);

	if (w->found)
		return 0;
	if (data == NULL) {
		gv_buf_reset(&w->bytes);
		return 0;
	}
	gv_buf_add(&w->bytes, data, len);
	if (gv_buf_check(&w->bytes) < 0)
		return GV_ENOMEM;
	gv_needles_find(w->needles, w->bytes.p, w->bytes.len, note, &w->found);
	if (w->bytes.len > keep) {
		memmove(w->bytes.p, w->bytes.p + w->bytes.len - keep, keep);
		gv_buf_truncate(&w->bytes, keep);
	}
	return 0;
}

static int
search_stream(struct gv_purge_run *run, const struct gv_oid *oid, bool chunks,
    bool *found)
{
	struct window w = { .needles = run->opts->needles,
		.bytes = GV_BUF_INIT };
	int r = chunks ? gv_chunk_stream(run->odb, oid, add, &w)
		       : gv_odb_stream(run->odb, oid, add, &w);

	*found = w.found;
	gv_buf_release(&w.bytes);
	return r;
}

/* One that stands for chunks is searched as the file that they make up: what is
 * cut in two stands in neither. */
static int
search(struct gv_purge_run *run, const struct gv_oid *oid, uint64_t size,
    bool *found)
{
	struct gv_chunk_pointer pointer;
	struct gv_object obj = { 0 };
	int r;

	if (size > WHOLE)
		return search_stream(run, oid, false, found);
	r = gv_odb_read(run->odb, &obj, oid);
	if (r < 0)
		return r;
	gv_needles_find(run->opts->needles, obj.data, obj.len, note, found);
	if (!*found && size < POINTER && obj.type == GV_OTYPE_BLOB &&
	    gv_chunk_pointer_read(&pointer, obj.data, obj.len) == 0 &&
	    gv_odb_has(run->odb, &pointer.tree))
		r = search_stream(run, oid, true, found);
	gv_object_release(&obj);
	return r;
}

int
gv_purge_found(struct gv_purge_run *run, const struct gv_oid *oid)
{
	int r = GV_GROW(run->found, run->n_found, run->cap_found);

	if (r == 0)
		run->found[run->n_found++] = *oid;
	return r;
}

int
gv_purge_hit(struct gv_purge_run *run, const struct gv_oid *oid)
{
	char *key;
	int r;

	/* an empty file tells nothing, and is everywhere */
	if (gv_oid_equal(oid, &gv_oid_empty_blob) || gv_purge_holds(run, oid))
		return 0;
	if ((r = gv_purge_found(run, oid)) < 0)
		return r;
	key = gv_arena_copy(&run->arena, oid->id, GV_OID_RAW);
	return key ? gv_map_put(&run->hits, key, GV_OID_RAW, key) : GV_ENOMEM;
}

/* A line: "OID TYPE SIZE". Trees hold names only. */
static int
take_line(struct gv_purge_run *run, const char *line)
{
	const char *type = line + GV_OID_HEX + 1;
	struct gv_oid oid;
	uint64_t size;
	bool found = false;
	int r;

	if (gv_oid_parse(&oid, line) < 0 || line[GV_OID_HEX] != ' ')
		return gv_err(GV_ERROR, "git cat-file names no object");
	if (strncmp(type, "tree ", 5) == 0)
		return 0;
	size = strtoull(strchrnul(type, ' '), NULL, 10);
	r = search(run, &oid, size, &found);
	run->result->objects++;
	/* what is damaged is for verify to tell */
	if (r == GV_ECORRUPT || r == GV_ENOTFOUND)
		return 0;
	return r < 0 || !found ? r : gv_purge_hit(run, &oid);
}

int
gv_purge_seek(struct gv_purge_run *run)
{
	static const char *const argv[] = { "git", "cat-file",
		"--batch-all-objects", "--unordered",
		"--batch-check=%(objectname) %(objecttype) %(objectsize)",
		NULL };
	struct gv_proc p = GV_PROC_INIT;
	const char *line, *lf;
	int r;

	if (run->opts->needles == NULL)
		return 0;
	r = gv_proc_run(&p, &(struct gv_proc_opts){ .argv = argv });
	if (r == 0 && p.status)
		r = gv_err(GV_ERROR, "git cannot list the objects: %s",
		    gv_proc_why(&p));
	for (line = p.out.p; r == 0 && (lf = strchr(line, '\n'));
	     line = lf + 1) {
		if ((r = take_line(run, line)) == 0 && gv_cancel_requested())
			r = gv_cancel_error();
	}
	gv_proc_release(&p);
	return r;
}

bool
gv_purge_holds(const struct gv_purge_run *run, const struct gv_oid *oid)
{
	return gv_map_get(&run->hits, oid->id, GV_OID_RAW) != NULL;
}
