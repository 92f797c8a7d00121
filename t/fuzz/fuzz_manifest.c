/* A layer of a manifest: what is read and written again reads the same. */
#include "fuzz.h"

#include <stddef.h>

#include "record/manifest.h"

static void
check_extents(const char *text)
{
	uint64_t at, len;
	int r;

	while ((r = gv_manifest_next_extent(&text, &at, &len)) > 0)
		if (at + len < at)
			abort();
	if (r == 0 && *text != '\0')
		abort();
}

static bool
same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static void
check_entry(const struct gv_manifest_entry *e, const struct gv_buf *layer)
{
	struct gv_manifest_entry back;
	struct gv_manifest_iter it;

	if (gv_manifest_iter_init(&it, layer->p, layer->len) < 0 ||
	    gv_manifest_next(&it, &back) != 1)
		abort();
	if (back.type != e->type || back.path_len != e->path_len ||
	    memcmp(back.path, e->path, e->path_len) != 0 ||
	    back.mtime_s != e->mtime_s || back.mtime_ns != e->mtime_ns ||
	    back.mode != e->mode || back.link != e->link ||
	    back.chunked != e->chunked || !same_text(back.user, e->user) ||
	    !same_text(back.group, e->group) ||
	    !same_text(back.xattrs, e->xattrs) ||
	    !same_text(back.holes, e->holes) ||
	    !same_text(back.reason, e->reason))
		abort();
	if (gv_manifest_next(&it, &back) != 0)
		abort();
	gv_manifest_iter_release(&it);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gv_manifest_entry e;
	struct gv_manifest_iter it;
	struct gv_buf layer = GV_BUF_INIT;

	if (gv_manifest_iter_init(&it, (const char *)data, size) < 0)
		return 0;
	while (gv_manifest_next(&it, &e) > 0) {
		if (strlen(e.path) != e.path_len)
			abort();
		if (e.holes)
			check_extents(e.holes);
		gv_buf_reset(&layer);
		gv_manifest_begin(&layer, it.user, it.group);
		gv_manifest_put(&layer, &e);
		check_entry(&e, &layer);
	}
	gv_buf_release(&layer);
	gv_manifest_iter_release(&it);
	return 0;
}
