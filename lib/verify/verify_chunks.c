#include "verify/verify_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "object/chunk.h"

/* A file in chunks beside what was read of its objects. */
struct beside {
	struct gv_verify_run *run;
	struct gv_verify_snapshot *s;
	struct gv_buf path;
	uint64_t at;
	bool lost; /* where the next chunk begins is no longer known */
};

static void
tell(struct beside *b, const struct gv_oid *oid, const char *reason)
{
	gv_verify_tell(b->run, b->s, b->path.p, b->path.len, oid, reason);
}

/* A chunk that is damaged or missing: how much of the file that is, as far as
 * its head still says. */
static void
tell_chunk(struct beside *b, const struct gv_oid *id, const char *why)
{
	struct gv_buf text = GV_BUF_INIT;
	enum gv_otype type;
	size_t size;

	if (gv_odb_read_header(b->run->odb, &type, &size, id) == 0) {
		gv_buf_addf(&text,
		    "its bytes from %" PRIu64 " to %" PRIu64 " are missing: %s",
		    b->at, b->at + size, why);
		b->at += size;
	} else {
		gv_buf_addf(&text,
		    "its bytes from %" PRIu64
		    " on are missing, for one chunk: %s",
		    b->at, why);
		b->lost = true;
	}
	tell(b, id, text.p);
	gv_buf_release(&text);
}

static int
take_chunk(void *ctx, const struct gv_oid *id)
{
	struct beside *b = ctx;
	const struct gv_verify_object *o = gv_verify_find(b->run, id);

	if (o == NULL || b->lost)
		return 0;
	if (o->why)
		tell_chunk(b, id, o->why);
	else
		b->at += o->size;
	return 0;
}

/* Whether meta/ names the tree, since nothing else keeps it alive. */
static int
check_named(struct beside *b, const struct gv_oid *pointer,
    const struct gv_chunk_pointer *p)
{
	char name[7 + GV_OID_HEX + 1] = "chunks/";
	struct gv_oid tree;
	unsigned mode;
	int r;

	gv_oid_format(name + 7, pointer);
	r = gv_tree_find(b->run->odb, &b->s->rec.meta, name, &mode, &tree);
	if (r == 0 && mode == GV_MODE_DIR && gv_oid_equal(&tree, &p->tree))
		return 0;
	if (r < 0 && r != GV_ENOTFOUND && r != GV_ECORRUPT)
		return r;
	tell(b, pointer,
	    r == 0 ? "meta/chunks names another tree of chunks for it than its "
		     "pointer"
		   : "meta/chunks has no tree of chunks for it");
	return 0;
}

static int
check(struct beside *b, const struct gv_verify_file *f)
{
	uint64_t before = b->run->result->faults;
	struct gv_chunk_pointer p;
	char reason[120];
	int r;

	if ((r = gv_chunk_pointer_load(&p, b->run->odb, &f->pointer)) < 0)
		return r;
	if (p.size != f->size)
		tell(b, &f->pointer,
		    "the manifest and its pointer do not agree on its size");
	if ((r = check_named(b, &f->pointer, &p)) < 0 ||
	    (r = gv_chunk_each(b->run->odb, &p.tree, take_chunk, b)) < 0)
		return r;
	if (b->run->result->faults == before && b->at != p.size) {
		snprintf(reason, sizeof(reason),
		    "its chunks make %" PRIu64 " bytes and not %" PRIu64, b->at,
		    p.size);
		tell(b, &p.tree, reason);
	}
	return 0;
}

int
gv_verify_chunks(struct gv_verify_run *run, struct gv_verify_snapshot *s,
    const struct gv_verify_file *f)
{
	struct beside b = { .run = run, .s = s, .path = GV_BUF_INIT };
	struct gv_buf text = GV_BUF_INIT;
	int r;

	gv_buf_addstr(&b.path, "tree/");
	gv_buf_add(&b.path, f->path, f->len);
	r = check(&b, f);
	if (r == GV_ECORRUPT || r == GV_ENOTFOUND) {
		gv_buf_addf(&text, "its bytes from %" PRIu64 " on: %s", b.at,
		    gv_err_message());
		tell(&b, NULL, text.p);
		r = 0;
	}
	gv_buf_release(&text);
	gv_buf_release(&b.path);
	return r;
}
