#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/path.h"
#include "base/vec.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "param/param_internal.h"
#include "repo/repo.h"
#include "sys/dir.h"
#include "sys/file.h"
#include "worktree/index.h"

#define READ_STEP ((size_t)64 * 1024)

/* Files as layers, from the working tree or from a tree of Git. */

/* ---- bytes --------------------------------------------------------------- */

/* The blob of a path; GV_ENOTFOUND where there is no regular file. */
static int
find_blob(struct gv_oid *out, struct gv_odb **odb, struct gv_param_private *p,
    const char *path)
{
	unsigned mode;
	int r;

	if ((r = gv_repo_odb(p->repo, odb)) < 0 ||
	    (r = gv_tree_find(*odb, p->query->tree, path, &mode, out)) < 0)
		return r;
	return S_ISREG(mode) ? 0 : GV_ENOTFOUND;
}

bool
gv_param_exists(struct gv_param_private *p, const char *path)
{
	struct gv_odb *odb;
	struct gv_oid id;
	int fd;

	if (!gv_path_is_all_safe(path))
		return false;
	if (p->query->tree)
		return find_blob(&id, &odb, p, path) == 0;
	fd = gv_dir_open_file(p->root, path, strlen(path));
	gv_file_close(fd);
	return fd >= 0;
}

static int
read_blob(struct gv_buf *out, struct gv_param_private *p, const char *path)
{
	struct gv_object object;
	struct gv_odb *odb;
	struct gv_oid id;
	int r;

	if ((r = find_blob(&id, &odb, p, path)) < 0 ||
	    (r = gv_odb_read_type(odb, &object, &id, GV_OTYPE_BLOB)) < 0)
		return gv_err_in(r, "%s", path);
	if (object.len > GV_PARAM_FILE_MOST)
		r = gv_err(GV_EREFUSED, "%s: it is larger than 64 MiB", path);
	else
		gv_buf_add(out, object.data, object.len);
	gv_object_release(&object);
	return r < 0 ? r : gv_buf_check(out);
}

static int
read_bytes(struct gv_buf *out, struct gv_param_private *p, const char *path)
{
	ssize_t n;
	int fd, r = 0;

	if (p->query->tree)
		return read_blob(out, p, path);
	/* no link is followed, not even one that has just been made */
	if ((fd = gv_dir_open_file(p->root, path, strlen(path))) < 0)
		return gv_err_sys("cannot open %s", path);
	do {
		if ((r = gv_buf_grow(out, READ_STEP)) < 0)
			break;
		n = gv_file_read_some(fd, out->p + out->len, READ_STEP);
		if (n < 0)
			r = gv_err_sys("cannot read %s", path);
		else if (out->len + (size_t)n > GV_PARAM_FILE_MOST)
			r = gv_err(
			    GV_EREFUSED, "%s: it is larger than 64 MiB", path);
		else
			out->len += (size_t)n;
	} while (r == 0 && n > 0);
	out->p[out->len] = '\0';
	gv_file_close(fd);
	return r;
}

/* ---- layers -------------------------------------------------------------- */

static int
new_file(struct gv_param_file **out, struct gv_param_private *p)
{
	if (GV_GROW(p->files, p->n, p->cap) < 0 ||
	    GV_GROW(p->list, p->n, p->cap_list) < 0 ||
	    (*out = calloc(1, sizeof(**out))) == NULL)
		return gv_err_nomem();
	(*out)->text = (struct gv_buf)GV_BUF_INIT;
	p->list[p->n] = &(*out)->layer;
	p->files[p->n++] = *out;
	return 0;
}

static bool
is_private(const struct gv_param_private *p, const char *path)
{
	return p->index &&
	    gv_index_find(p->index, path, strlen(path), 0) == NULL;
}

/* The part of a layer that is for the provider, as a layer above it; what is
 * for any provider is no part of the configuration. */
static int
add_section(struct gv_param_private *p, const struct gv_param_file *of)
{
	const struct gv_layer_read_opts opts = { .layer = (uint32_t)p->n,
		.profile = p->query->env };
	const char *provider = p->query->provider;
	const struct gv_layer_value *all, *one;
	struct gv_param_file *file;
	struct gv_buf name = GV_BUF_INIT;
	int r;

	all = gv_layer_get(of->layer.tree.root, "providers", 9);
	if (all == NULL || all->kind != GV_LAYER_MAP)
		return 0;
	if (provider && gv_layer_get(all, provider, strlen(provider))) {
		gv_buf_addf(
		    &name, "%s (providers.%s)", of->layer.name, provider);
		if ((r = new_file(&file, p)) < 0)
			goto out;
		file->is_section = true;
		file->is_private = of->is_private;
		file->layer = of->layer;
		file->layer.tree = (struct gv_layer_tree){ .root = NULL };
		file->layer.name = gv_arena_copy(&p->arena, name.p, name.len);
		if (file->layer.name == NULL) {
			r = GV_ENOMEM;
			goto out;
		}
		if ((r = gv_layer_read(&file->layer, &opts)) < 0)
			goto out;
		all = gv_layer_get(file->layer.tree.root, "providers", 9);
		one = gv_layer_get(all, provider, strlen(provider));
		file->layer.tree.root = (struct gv_layer_value *)(uintptr_t)one;
	}
	r = gv_layer_drop(
	    (struct gv_layer *)(uintptr_t)&of->layer, "providers");
out:
	gv_buf_release(&name);
	return r;
}

int
gv_param_add(struct gv_param_private *p, const char *path, bool exists)
{
	const struct gv_layer_read_opts opts = { .layer = (uint32_t)p->n,
		.profile = p->query->env ? p->query->env : "default" };
	struct gv_param_file *file;
	struct gv_layer *layer;
	int r;

	if (!gv_path_is_all_safe(path))
		return gv_err(GV_EREFUSED,
		    "'%s' is no path inside of the working tree", path);
	if ((r = new_file(&file, p)) < 0)
		return r;
	layer = &file->layer;
	layer->is_missing = !exists;
	layer->name = gv_arena_copy(&p->arena, path, strlen(path));
	if (layer->name == NULL)
		return GV_ENOMEM;
	if (!exists)
		return 0;
	if ((r = read_bytes(&file->text, p, path)) < 0)
		return r;
	file->is_private = is_private(p, path);
	layer->text = file->text.p;
	layer->len = file->text.len;
	if (!gv_doc_format_of(&layer->format, path, layer->text, layer->len))
		layer->format = GV_DOC_FORMAT_YAML;
	if ((r = gv_layer_read(layer, &opts)) < 0)
		return r;
	return p->layout->dialect == GV_PARAM_OWN && !p->layout->are_whole
	    ? add_section(p, file)
	    : 0;
}

/* ---- Hiera --------------------------------------------------------------- */

static int
read_facts(
    struct gv_layer *out, struct gv_buf *text, const struct gv_param_query *q)
{
	const struct {
		const char *name, *value;
	} facts[] = { { "env", q->env }, { "environment", q->env },
		{ "service", q->service }, { "role", q->service },
		{ "provider", q->provider }, { "region", q->region } };
	size_t i;
	int r;

	gv_buf_addch(text, '{');
	for (i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		if (facts[i].value == NULL)
			continue;
		gv_buf_addf(
		    text, "%s\"%s\":", text->len > 1 ? "," : "", facts[i].name);
		gv_layer_add_string(
		    text, facts[i].value, strlen(facts[i].value));
	}
	gv_buf_addch(text, '}');
	if ((r = gv_buf_check(text)) < 0)
		return r;
	*out = (struct gv_layer){ .name = "facts",
		.text = text->p,
		.len = text->len,
		.format = GV_DOC_FORMAT_JSON };
	return gv_layer_read(out, &(struct gv_layer_read_opts){ 0 });
}

int
gv_param_add_hiera(struct gv_param_private *p)
{
	struct gv_buf text = GV_BUF_INIT, known = GV_BUF_INIT;
	struct gv_layer hiera = { .name = "hiera.yaml",
		.format = GV_DOC_FORMAT_YAML };
	struct gv_layer facts = { .name = "facts" };
	size_t i;
	int r;

	if ((r = read_bytes(&text, p, hiera.name)) < 0)
		goto out;
	hiera.text = text.p;
	hiera.len = text.len;
	if ((r = gv_layer_read(&hiera, &(struct gv_layer_read_opts){ 0 })) <
		0 ||
	    (r = read_facts(&facts, &known, p->query)) < 0 ||
	    (r = gv_layer_hiera_read(&p->hiera, &hiera, facts.tree.root)) < 0)
		goto out;
	for (i = p->hiera.n; r == 0 && i > 0; i--) {
		const struct gv_layer_hiera_path *path = &p->hiera.paths[i - 1];

		if (path->is_glob)
			r = gv_err(GV_EREFUSED,
			    "hiera.yaml: not supported: glob (%s)", path->path);
		else
			r = gv_param_add(
			    p, path->path, gv_param_exists(p, path->path));
	}
out:
	gv_layer_release(&facts);
	gv_layer_release(&hiera);
	gv_buf_release(&known);
	gv_buf_release(&text);
	return r;
}
