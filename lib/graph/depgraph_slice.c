#include "graph/depgraph_slice.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "graph/depgraph_change.h"
#include "graph/depgraph_fact.h"
#include "graph/depgraph_internal.h"
#include "infra/envtree.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "sys/cancel.h"

/*
 * Two lists that grow: folders, of which all names count, and files. A file is
 * read if it changed, if one that was read refers to it, or if it is in a
 * folder that is one thing: a module, a chart. Of files that changed all
 * references are followed, of others only what they are put together from. So a
 * folder of a thousand pipelines costs a thousand names.
 */

struct folder {
	const char *path;
	size_t len;
	bool is_read; /* all files right in it */
	bool is_deep; /* all below it, too: a chart */
};

struct file {
	const char *path;
	size_t len;
	size_t folder;
	struct gv_oid id;
	struct gv_buf packed; /* its symbols */
	unsigned flags;
	bool is_file, is_read;
};

struct slicing {
	struct gv_depgraph *g; /* its arena has the paths */
	struct gv_odb *odb;
	const struct gv_oid *tree;
	struct folder *folders;
	size_t n_folders, cap_folders;
	size_t n_read;
	struct gv_map seen; /* paths of folders, to their numbers + 1 */
	/* paths of files, whether or not they exist */
	struct gv_map changed, wanted;
	struct file *files;
	size_t n, cap;
	bool is_cut;
};

/* ---- folders ------------------------------------------------------------- */

static int
want(struct slicing *s, const char *path, size_t len, bool is_read)
{
	const size_t at = (size_t)gv_map_get(&s->seen, path, len);
	const char *copy;

	if (at) {
		s->folders[at - 1].is_read |= is_read;
		return 0;
	}
	if ((copy = gv_arena_copy(&s->g->arena, path, len)) == NULL ||
	    GV_GROW(s->folders, s->n_folders, s->cap_folders) < 0)
		return gv_err_nomem();
	s->folders[s->n_folders++] =
	    (struct folder){ .path = copy, .len = len, .is_read = is_read };
	return gv_map_put(&s->seen, copy, len, (void *)(uintptr_t)s->n_folders);
}

static size_t
parent_len(const char *path, size_t len)
{
	const char *slash = len ? memrchr(path, '/', len) : NULL;

	return slash ? (size_t)(slash - path) : 0;
}

/* Whether the files of a folder are one thing: what one of them says is known
 * in the others. */
static bool
is_shared(const char *path, size_t len)
{
	switch (gv_symbol_dialect(path, len)) {
	case GV_SYMBOL_DIALECT_TERRAFORM:
	case GV_SYMBOL_DIALECT_TERRAFORM_JSON:
	case GV_SYMBOL_DIALECT_TFVARS:
	case GV_SYMBOL_DIALECT_TFVARS_JSON:
	case GV_SYMBOL_DIALECT_TERRAFORM_LOCK:
	case GV_SYMBOL_DIALECT_TERRAGRUNT:
	case GV_SYMBOL_DIALECT_COMPOSE:
	case GV_SYMBOL_DIALECT_PULUMI_PROJECT:
	case GV_SYMBOL_DIALECT_PULUMI_STACK:
		return true;
	default:
		return false;
	}
}

/* Files that say what others are put together to. */
static bool
is_frame(const char *path, size_t len)
{
	switch (gv_symbol_dialect(path, len)) {
	case GV_SYMBOL_DIALECT_KUSTOMIZATION:
	case GV_SYMBOL_DIALECT_HELM_CHART:
	case GV_SYMBOL_DIALECT_TERRAGRUNT:
	case GV_SYMBOL_DIALECT_SOPS_RULES:
	case GV_SYMBOL_DIALECT_GITLAB:
		return true;
	default:
		return false;
	}
}

/* The folder of a path, and those above it. */
static int
want_around(struct slicing *s, const char *path, size_t len)
{
	size_t n = parent_len(path, len);
	int r = want(s, path, n, is_shared(path, len));

	while (r == 0 && n) {
		n = parent_len(path, n);
		r = want(s, path, n, false);
	}
	return r;
}

/* ---- references ---------------------------------------------------------- */

static int
want_file(struct slicing *s, const struct gv_buf *path)
{
	const char *copy;

	if (gv_map_get(&s->wanted, path->p, path->len))
		return 0;
	copy = gv_arena_copy(&s->g->arena, path->p, path->len);
	return copy ? gv_map_put(&s->wanted, copy, path->len, (void *)copy)
		    : gv_err_nomem();
}

/* What a path may be: a folder, or a file in one. What does not exist is passed
 * over later. */
static int
want_target(struct slicing *s, const char *from, size_t from_len,
    const struct gv_symbols *symbols, const struct gv_symbol *ref)
{
	struct gv_buf path = GV_BUF_INIT;
	int r = 0;

	gv_buf_add(&path, from, from_len);
	if (gv_depgraph_append(
		&path, gv_symbol_text(symbols, &ref->name), ref->name.len) &&
	    (r = gv_buf_check(&path)) == 0 &&
	    (r = want(s, path.p, path.len, true)) == 0 &&
	    (r = want(s, path.p, parent_len(path.p, path.len),
		 is_shared(path.p, path.len))) == 0)
		r = want_file(s, &path);
	gv_buf_release(&path);
	return r;
}

static bool
is_structure(const struct gv_symbol *ref)
{
	return ref->word == GV_SYMBOL_EDGE_TF_MODULE ||
	    ref->word == GV_SYMBOL_EDGE_KUSTOMIZE_RESOURCE ||
	    ref->word == GV_SYMBOL_EDGE_KUSTOMIZE_PATCH ||
	    ref->word == GV_SYMBOL_EDGE_TG_SOURCE ||
	    ref->word == GV_SYMBOL_EDGE_TG_INCLUDE;
}

static int
follow(struct slicing *s, const struct file *f,
    const struct gv_symbols *symbols, bool is_changed)
{
	const size_t folder = parent_len(f->path, f->len);
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < symbols->n; i++) {
		const struct gv_symbol *ref = &symbols->items[i];

		if (ref->kind != GV_SYMBOL_REFERENCE ||
		    (ref->flags & GV_SYMBOL_PATTERN) ||
		    (!is_changed && !is_structure(ref)))
			continue;
		if (ref->how == GV_SYMBOL_BY_PARENT)
			r = want_around(s, f->path, f->len);
		else if (ref->how == GV_SYMBOL_BY_PATH &&
		    (ref->flags & GV_SYMBOL_TOP) == 0 &&
		    *gv_symbol_text(symbols, &ref->name) != '/')
			r = want_target(s, f->path, folder, symbols, ref);
		/* scripts and pipelines run at the top */
		if (r == 0 && ref->how == GV_SYMBOL_BY_PATH &&
		    !is_structure(ref))
			r = want_target(s, "", 0, symbols, ref);
	}
	return r;
}

/* ---- files --------------------------------------------------------------- */

/* A blob that is not there is no failure: a partial clone lacks some. */
static int
read_file(struct slicing *s, struct file *f)
{
	const bool is_changed = gv_map_get(&s->changed, f->path, f->len);
	const enum gv_symbol_dialect dialect =
	    gv_symbol_dialect(f->path, f->len);
	struct gv_object object = { .data = NULL };
	struct gv_symbols symbols;
	uint64_t size = 0;
	char *before;
	int r;

	f->is_read = true;
	s->n_read++;
	if (dialect == GV_SYMBOL_DIALECT_NONE || !f->is_file)
		return 0;
	before = gv_err_save();
	if ((r = gv_odb_read_size(s->odb, &size, &f->id)) == 0 &&
	    size <= GV_DEPGRAPH_FILE_MOST)
		r = gv_odb_read_type(s->odb, &object, &f->id, GV_OTYPE_BLOB);
	gv_err_restore(before);
	if (r < 0 || object.data == NULL) {
		f->flags |= size > GV_DEPGRAPH_FILE_MOST ? GV_DEPGRAPH_TOO_LARGE
							 : GV_DEPGRAPH_UNREAD;
		return r == GV_ENOMEM ? gv_err_nomem() : 0;
	}
	r = gv_symbols_read(
	    &symbols, dialect, (const char *)object.data, object.len);
	gv_object_release(&object);
	if (r < 0)
		return r;
	gv_symbols_pack(&f->packed, &symbols);
	r = follow(s, f, &symbols, is_changed);
	gv_symbols_release(&symbols);
	return r < 0 ? r : gv_buf_check(&f->packed);
}

static int
add_file(struct slicing *s, size_t folder, const char *path, size_t len,
    const struct gv_tree_entry *e)
{
	const char *copy = gv_arena_copy(&s->g->arena, path, len);

	if (copy == NULL || GV_GROW(s->files, s->n, s->cap) < 0)
		return gv_err_nomem();
	s->files[s->n++] = (struct file){ .path = copy,
		.len = len,
		.folder = folder,
		.id = e->oid,
		.packed = GV_BUF_INIT,
		.flags = e->mode == GV_MODE_GIT ? GV_DEPGRAPH_LEFT_ALL : 0,
		.is_file = S_ISREG(e->mode) };
	return 0;
}

static bool
is_chart(const struct gv_tree_entry *e)
{
	return strcmp(e->name, "Chart.yaml") == 0 ||
	    strcmp(e->name, "Chart.yml") == 0;
}

static void
set_deep(struct folder *f)
{
	f->is_read = true;
	f->is_deep = true;
}

static int
want_deep(struct slicing *s, const char *path, size_t len)
{
	const int r = want(s, path, len, true);
	const size_t at = (size_t)gv_map_get(&s->seen, path, len);

	if (r == 0)
		set_deep(&s->folders[at - 1]);
	return r;
}

/* The entries of one folder. Folders below a chart are of it. */
static int
list(struct slicing *s, size_t at, const struct gv_object *object)
{
	struct gv_buf path = GV_BUF_INIT;
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	int r, pass;

	/* whether it is a chart is known after all its names were seen */
	for (pass = 0, r = 0; r == 0 && pass < 2; pass++) {
		gv_tree_iter_mend(&it, object->data, object->len);
		while ((r = gv_tree_next(&it, &e)) > 0) {
			const struct folder *f = &s->folders[at];

			gv_buf_reset(&path);
			gv_buf_add(&path, f->path, f->len);
			if (f->len)
				gv_buf_addch(&path, '/');
			gv_buf_add(&path, e.name, e.name_len);
			if ((r = gv_buf_check(&path)) < 0)
				break;
			if (pass == 0 && is_chart(&e))
				set_deep(&s->folders[at]);
			if (pass == 0)
				continue;
			if (!S_ISDIR(e.mode))
				r = add_file(s, at, path.p, path.len, &e);
			else if (f->is_deep)
				r = want_deep(s, path.p, path.len);
			if (r < 0)
				break;
		}
	}
	gv_buf_release(&path);
	return r < 0 ? r : 0;
}

static int
take_folder(struct slicing *s, size_t at)
{
	struct gv_object object = { .data = NULL };
	struct gv_oid id;
	unsigned mode;
	int r = gv_tree_find(s->odb, s->tree, s->folders[at].path, &mode, &id);

	if (r == GV_ENOTFOUND || (r == 0 && !S_ISDIR(mode)))
		return 0;
	if (r < 0 ||
	    (r = gv_odb_read_type(s->odb, &object, &id, GV_OTYPE_TREE)) < 0)
		return r;
	r = list(s, at, &object);
	gv_object_release(&object);
	return r;
}

/* ---- all ----------------------------------------------------------------- */

static bool
is_wanted(const struct slicing *s, const struct file *f)
{
	return !f->is_read &&
	    (s->folders[f->folder].is_read || is_frame(f->path, f->len) ||
		gv_map_get(&s->changed, f->path, f->len) ||
		gv_map_get(&s->wanted, f->path, f->len));
}

/* Read what is wanted by now. 1: something was; 0: nothing. */
static int
read_wanted(struct slicing *s)
{
	const size_t before = s->n_read;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < s->n && !s->is_cut; i++) {
		if (is_wanted(s, &s->files[i]))
			r = read_file(s, &s->files[i]);
		s->is_cut = s->n_read > GV_DEPGRAPH_SLICE_MOST;
	}
	return r < 0 ? r : s->n_read != before && !s->is_cut;
}

static int
take_all(struct slicing *s, const struct gv_depgraph_changes *changes)
{
	size_t i, at = 0;
	int r = 0;

	for (i = 0; r == 0 && i < changes->n; i++) {
		const struct gv_depgraph_change *c = &changes->items[i];

		if ((r = gv_map_put(&s->changed, c->path, c->len, (void *)c)) ==
		    0)
			r = want_around(s, c->path, c->len);
	}
	while (r == 0) {
		for (; r == 0 && at < s->n_folders; at++)
			r = gv_cancel_requested() ? gv_cancel_error()
						  : take_folder(s, at);
		if (r == 0 && (r = read_wanted(s)) <= 0)
			break;
		r = r < 0 ? r : 0;
	}
	return r;
}

static int
judge(struct gv_depgraph_loaded *out, const struct slicing *s)
{
	struct gv_envtree_path *paths = calloc(s->n + 1, sizeof(*paths));
	struct gv_envtree_verdict v;
	size_t i;
	int r;

	if (paths == NULL)
		return gv_err_nomem();
	for (i = 0; i < s->n; i++)
		paths[i] = (struct gv_envtree_path){ s->files[i].path,
			s->files[i].len };
	r = gv_envtree_new(&out->tree, paths, s->n, NULL, 0);
	for (i = 0; r == 0 && i < s->n; i++) {
		const struct file *f = &s->files[i];

		v = (struct gv_envtree_verdict){ .env = NULL };
		if ((r = gv_envtree_of(&v, out->tree, f->path, f->len)) == 0)
			r = gv_depgraph_add(&out->graph, f->path, f->len,
			    v.env ? v.env->name : NULL, f->flags);
	}
	free(paths);
	return r;
}

static int
put_all(struct gv_depgraph *g, const struct slicing *s)
{
	uint32_t i;
	int r = gv_depgraph_sort(g);

	for (i = 0; r == 0 && i < g->n_files; i++) {
		const struct gv_buf *packed =
		    &s->files[g->files[i].given].packed;

		r = gv_depgraph_put(
		    g, i, packed->len ? packed->p : NULL, packed->len);
	}
	return r < 0 ? r : gv_depgraph_link(g);
}

int
gv_depgraph_load_slice(struct gv_depgraph_loaded *out, bool *is_cut,
    struct gv_repo *repo, const struct gv_oid *tree,
    const struct gv_depgraph_changes *changes)
{
	struct slicing s = { .g = &out->graph,
		.tree = tree,
		.seen = GV_MAP_INIT,
		.changed = GV_MAP_INIT,
		.wanted = GV_MAP_INIT };
	size_t i;
	int r;

	*out = (struct gv_depgraph_loaded){ .graph = GV_DEPGRAPH_INIT };
	if ((r = gv_repo_odb(repo, &s.odb)) == 0 &&
	    (r = take_all(&s, changes)) == 0 && (r = judge(out, &s)) == 0)
		r = put_all(&out->graph, &s);
	*is_cut = s.is_cut;
	for (i = 0; i < s.n; i++)
		gv_buf_release(&s.files[i].packed);
	free(s.files);
	free(s.folders);
	gv_map_release(&s.seen);
	gv_map_release(&s.changed);
	gv_map_release(&s.wanted);
	return r;
}
