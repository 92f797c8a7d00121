#include "verify/verify_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"

/* Down a tree and up again; what was learned of a subtree is kept with it, so
 * that it is learned once however many snapshots share it. */
struct frame {
	struct gv_verify_object *o;
	struct gv_object tree;
	struct gv_tree_iter it;
	size_t path_len;
};

/* A file in chunks that has lost something: its pointer, and what. */
struct loss {
	struct gv_oid pointer;
	const struct gv_verify_object *o;
};

struct walk {
	struct gv_verify_run *run;
	struct loss *losses; /* that were met below meta/chunks/ */
	size_t n_losses, losses_cap;
	bool is_second; /* on the way to the files of these */
	struct gv_verify_snapshot
	    *s; /* whose paths are named; NULL: counting */
	struct frame *frames;
	size_t n, cap;
	struct gv_buf path;
};

int
gv_verify_size(
    uint64_t *out, struct gv_verify_run *run, const struct gv_oid *oid)
{
	const struct gv_verify_object *o = gv_verify_find(run, oid);
	enum gv_otype type;
	size_t size;
	int r;

	if (o && !o->is_known) {
		*out = o->size;
		return 0;
	}
	if ((r = gv_odb_read_header(run->odb, &type, &size, oid)) == 0)
		*out = size;
	return r;
}

static int
push(struct walk *w, struct gv_verify_object *o)
{
	struct frame *f;
	int r;

	if (GV_GROW(w->frames, w->n, w->cap) < 0)
		return GV_ENOMEM;
	f = &w->frames[w->n];
	memset(f, 0, sizeof(*f));
	f->o = o;
	f->path_len = w->path.len;
	r = gv_odb_read_type(w->run->odb, &f->tree, &o->oid, GV_OTYPE_TREE);
	/* a tree that was just found elsewhere is not in the repository yet */
	r = gv_verify_rescue(w->run, &f->tree, &o->oid, GV_OTYPE_TREE, r);
	if (r < 0)
		return r;
	gv_tree_iter_init(&f->it, f->tree.data, f->tree.len);
	if (w->s == NULL)
		o->files = o->bytes = 0;
	w->n++;
	return 0;
}

static void
tell(struct walk *w, const struct gv_verify_object *o)
{
	gv_verify_tell(w->run, w->s, w->path.p, w->path.len, &o->oid, o->why);
}

/* For where the files themselves are not gone on to: the first loss of each. */
static int
note_loss(struct walk *w, const struct gv_verify_object *o)
{
	struct gv_oid pointer;
	int r;

	if (w->path.len < 12 + GV_OID_HEX ||
	    strncmp(w->path.p, "meta/chunks/", 12) != 0 ||
	    gv_oid_parse(&pointer, w->path.p + 12) < 0)
		return 0;
	if (w->n_losses &&
	    gv_oid_equal(&w->losses[w->n_losses - 1].pointer, &pointer))
		return 0;
	if ((r = GV_GROW(w->losses, w->n_losses, w->losses_cap)) == 0)
		w->losses[w->n_losses++] = (struct loss){ pointer, o };
	return r;
}

/* An entry on the way to damaged objects: those of trees that are known to
 * be whole are passed over. */
static int
visit_path(struct walk *w, struct frame *f, const struct gv_tree_entry *e)
{
	struct gv_verify_object *o = gv_verify_find(w->run, &e->oid);

	gv_buf_truncate(&w->path, f->path_len);
	if (f->path_len)
		gv_buf_addch(&w->path, '/');
	gv_buf_add(&w->path, e->name, e->name_len);
	if (gv_buf_check(&w->path) < 0)
		return GV_ENOMEM;
	if (o == NULL || (o->why == NULL && e->mode != GV_MODE_DIR))
		return 0;
	if (o->why) {
		f->o->state = GV_VERIFY_DAMAGED;
		/* what is lost of a file in chunks is that file's alone */
		if ((e->mode == GV_MODE_DIR &&
			strncmp(w->path.p, "meta/chunks/", 12) != 0) ||
		    strncmp(w->path.p, "meta/manifest", 13) == 0)
			w->s->trees_whole = false;
		tell(w, o);
		return note_loss(w, o);
	}
	return o->state == GV_VERIFY_WHOLE ? 0 : push(w, o);
}

/* A tree below one that was read before this run. */
static int
remember(struct gv_verify_object **out, struct gv_verify_run *run,
    const struct gv_oid *oid)
{
	struct gv_verify_stripe *s =
	    &run->stripes[oid->id[0] % GV_VERIFY_STRIPES];
	struct gv_verify_object *o = gv_arena_alloc(&s->arena, sizeof(*o));

	if (o == NULL)
		return GV_ENOMEM;
	o->oid = *oid;
	o->type = GV_OTYPE_TREE;
	o->is_known = true;
	*out = o;
	return gv_map_put(&s->seen, o->oid.id, GV_OID_RAW, o);
}

static int
visit_count(struct walk *w, struct frame *f, const struct gv_tree_entry *e)
{
	struct gv_verify_object *o = gv_verify_find(w->run, &e->oid);
	uint64_t size = 0;
	int r = 0;

	if (o && o->why)
		return 0;
	if (e->mode == GV_MODE_DIR) {
		if (o == NULL)
			r = remember(&o, w->run, &e->oid);
		if (r < 0 || !o->counted)
			return r < 0 ? r : push(w, o);
		f->o->files += o->files;
		f->o->bytes += o->bytes;
	} else if (e->mode != GV_MODE_GIT) {
		r = gv_verify_size(&size, w->run, &e->oid);
		f->o->files++;
		f->o->bytes += size;
	}
	return r;
}

static void
pop(struct walk *w)
{
	struct frame *f = &w->frames[w->n - 1];
	struct frame *up = w->n > 1 ? f - 1 : NULL;

	if (w->s == NULL) {
		f->o->counted = true;
		if (up) {
			up->o->files += f->o->files;
			up->o->bytes += f->o->bytes;
		}
	} else {
		if (f->o->state == GV_VERIFY_UNKNOWN)
			f->o->state = GV_VERIFY_WHOLE;
		else if (up && f->o->state == GV_VERIFY_DAMAGED)
			up->o->state = GV_VERIFY_DAMAGED;
	}
	gv_object_release(&f->tree);
	w->n--;
}

/* An entry on the way to files that have lost some of their chunks. */
static int
visit_file(struct walk *w, struct frame *f, const struct gv_tree_entry *e)
{
	struct gv_verify_object *o = gv_verify_find(w->run, &e->oid);
	struct gv_buf text = GV_BUF_INIT;
	size_t i;

	gv_buf_truncate(&w->path, f->path_len);
	if (f->path_len)
		gv_buf_addch(&w->path, '/');
	gv_buf_add(&w->path, e->name, e->name_len);
	if (gv_buf_check(&w->path) < 0)
		return GV_ENOMEM;
	if (strncmp(w->path.p, "tree", 4) != 0 || (o && o->why))
		return 0;
	if (e->mode == GV_MODE_DIR) {
		int r = o ? 0 : remember(&o, w->run, &e->oid);

		return r < 0 ? r : push(w, o);
	}
	for (i = 0; i < w->n_losses; i++) {
		if (!gv_oid_equal(&w->losses[i].pointer, &e->oid))
			continue;
		gv_buf_addf(&text, "some of its bytes are missing: %s",
		    w->losses[i].o->why);
		gv_verify_tell(w->run, w->s, w->path.p, w->path.len,
		    &w->losses[i].o->oid, text.p ? text.p : "");
		gv_buf_release(&text);
	}
	return 0;
}

static int
visit(struct walk *w, struct frame *f, const struct gv_tree_entry *e)
{
	if (w->s == NULL)
		return visit_count(w, f, e);
	return w->is_second ? visit_file(w, f, e) : visit_path(w, f, e);
}

static int
walk(struct walk *w, struct gv_verify_object *root)
{
	struct gv_tree_entry e;
	int r = push(w, root);

	while (r == 0 && w->n > 0) {
		struct frame *f = &w->frames[w->n - 1];

		if ((r = gv_tree_next(&f->it, &e)) == 0)
			pop(w);
		else if (r > 0)
			r = visit(w, f, &e);
	}
	while (w->n > 0)
		gv_object_release(&w->frames[--w->n].tree);
	free(w->frames);
	w->frames = NULL;
	w->cap = 0;
	gv_buf_release(&w->path);
	return r;
}

int
gv_verify_paths(struct gv_verify_run *run, struct gv_verify_snapshot *s)
{
	struct walk w = { .run = run, .s = s, .path = GV_BUF_INIT };
	struct gv_verify_object *root = gv_verify_find(run, &s->rec.root);
	int r;

	s->trees_whole = true;
	if (run->bad == 0 || root == NULL)
		return 0;
	if (root->why) {
		s->trees_whole = false;
		gv_verify_tell(run, s, "", 0, &root->oid, root->why);
		return 0;
	}
	r = walk(&w, root);
	w.is_second = true;
	/* repair does not look into files, and who has lost a directory or the
	 * manifest cannot */
	if (r == 0 && w.n_losses && (run->opts->rescue || !s->trees_whole))
		r = walk(&w, root);
	free(w.losses);
	return r;
}

int
gv_verify_count(struct gv_verify_run *run, const struct gv_oid *tree,
    uint64_t *files, uint64_t *bytes)
{
	struct walk w = { .run = run, .path = GV_BUF_INIT };
	struct gv_verify_object *o = gv_verify_find(run, tree);
	int r = 0;

	*files = *bytes = 0;
	if (o == NULL || o->why)
		return 0;
	if (!o->counted)
		r = walk(&w, o);
	*files = o->files;
	*bytes = o->bytes;
	return r;
}
