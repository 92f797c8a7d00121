#include "graph/depgraph_internal.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * References by path. Most count from the folder of the file that has them;
 * some tools look in several places, the nearest first.
 */

#define FILES_MOST ((uint64_t)20 * 1000 * 1000) /* paths against patterns */

/* ---- paths --------------------------------------------------------------- */

bool
gv_depgraph_append(struct gv_buf *out, const char *p, size_t len)
{
	const char *end = p + len, *slash;
	size_t n;

	for (; p < end; p += n + 1) {
		slash = memchr(p, '/', (size_t)(end - p));
		n = slash ? (size_t)(slash - p) : (size_t)(end - p);
		if (n == 0 || (n == 1 && *p == '.'))
			continue;
		if (n == 2 && memcmp(p, "..", 2) == 0) {
			if (out->len == 0)
				return false;
			slash = memrchr(out->p, '/', out->len);
			gv_buf_truncate(
			    out, slash ? (size_t)(slash - out->p) : 0);
			continue;
		}
		if (out->len)
			gv_buf_addch(out, '/');
		gv_buf_add(out, p, n);
	}
	return true;
}

static bool
is_from_top(const struct gv_depgraph *g, const struct gv_symbol *ref)
{
	return (ref->flags & GV_SYMBOL_TOP) ||
	    *gv_symbol_text(&g->symbols, &ref->name) == '/';
}

/* The path of a reference from a folder, or from one below it. */
static bool
join(struct gv_buf *out, const struct gv_depgraph *g, uint32_t folder,
    const char *below, const struct gv_symbol *ref)
{
	const struct gv_depgraph_text name = gv_depgraph_symbol_name(g, ref);

	gv_buf_reset(out);
	gv_buf_add(out, g->folders[folder].path, g->folders[folder].len);
	return gv_depgraph_append(out, below, strlen(below)) &&
	    gv_depgraph_append(out, name.p, name.len);
}

int
gv_depgraph_join(struct gv_buf *out, const struct gv_depgraph *g, uint32_t file,
    const struct gv_symbol *ref)
{
	struct gv_buf path = GV_BUF_INIT;
	const bool ok = join(
	    &path, g, is_from_top(g, ref) ? 0 : g->files[file].folder, "", ref);
	const int r = gv_buf_check(&path);

	if (ok && r == 0)
		gv_buf_add(
		    out, path.len ? path.p : ".", path.len ? path.len : 1);
	gv_buf_release(&path);
	return ok ? r : GV_EREFUSED;
}

/* ---- what a folder stands for -------------------------------------------- */

#define ENTRIES 4

static const struct {
	uint16_t first, last; /* kinds of edges */
	const char *names[ENTRIES];
} entries[] = {
	{ GV_SYMBOL_EDGE_TG_INCLUDE, GV_SYMBOL_EDGE_TG_READ_CONFIG,
	    { "terragrunt.hcl", "terragrunt.stack.hcl", "root.hcl" } },
	{ GV_SYMBOL_EDGE_TG_DEPENDENCY, GV_SYMBOL_EDGE_TG_DEPENDENCY,
	    { "terragrunt.hcl", "terragrunt.stack.hcl" } },
	{ GV_SYMBOL_EDGE_KUSTOMIZE_RESOURCE,
	    GV_SYMBOL_EDGE_KUSTOMIZE_PATCH_TARGET,
	    { "kustomization.yaml", "kustomization.yml", "Kustomization" } },
	{ GV_SYMBOL_EDGE_FLUX_SOURCE, GV_SYMBOL_EDGE_FLUX_PATH,
	    { "kustomization.yaml", "kustomization.yml", "Kustomization",
		"Chart.yaml" } },
	{ GV_SYMBOL_EDGE_HELM_CHART, GV_SYMBOL_EDGE_HELM_DEPENDENCY,
	    { "Chart.yaml" } },
	{ GV_SYMBOL_EDGE_ARGO_SOURCE, GV_SYMBOL_EDGE_ARGO_SOURCE,
	    { "Chart.yaml", "kustomization.yaml", "kustomization.yml",
		"Kustomization" } },
	{ GV_SYMBOL_EDGE_COMPOSE_BUILD, GV_SYMBOL_EDGE_COMPOSE_BUILD,
	    { "Dockerfile", "Containerfile" } },
	{ GV_SYMBOL_EDGE_PULUMI_PROJECT, GV_SYMBOL_EDGE_PULUMI_CONFIG,
	    { "Pulumi.yaml", "Pulumi.yml" } },
	{ GV_SYMBOL_EDGE_SCRIPT_FILE, GV_SYMBOL_EDGE_SCRIPT_FILE,
	    { "Chart.yaml", "kustomization.yaml", "kustomization.yml",
		"Kustomization" } },
	{ GV_SYMBOL_EDGE_GHA_USES, GV_SYMBOL_EDGE_GHA_USES,
	    { "action.yml", "action.yaml", "Dockerfile" } },
};

static uint32_t
file_in(const struct gv_depgraph *g, uint32_t folder, const char *name)
{
	const struct gv_depgraph_folder *f = &g->folders[folder];
	uint32_t i;

	for (i = f->first; i < f->first + f->n; i++)
		if (gv_depgraph_is(gv_depgraph_name(g, i), name))
			return i;
	return GV_DEPGRAPH_NONE;
}

uint32_t
gv_depgraph_entry(const struct gv_depgraph *g, uint32_t folder, uint16_t edge)
{
	uint32_t file;
	size_t i, k;

	for (i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		if (edge < entries[i].first || edge > entries[i].last)
			continue;
		for (k = 0; k < ENTRIES && entries[i].names[k]; k++) {
			file = file_in(g, folder, entries[i].names[k]);
			if (file != GV_DEPGRAPH_NONE)
				return file;
		}
	}
	return gv_depgraph_folder_node(g, folder);
}

/* ---- a path that is written ---------------------------------------------- */

/* The node at a path: a file, what a folder stands for, or what is left out of
 * snapshots with all below it. */
static uint32_t
node_at(const struct gv_depgraph *g, const struct gv_buf *path, uint16_t edge)
{
	uint32_t at = gv_depgraph_find_file(g, path->p, path->len);
	const char *slash;
	size_t len = path->len;

	if (at != GV_DEPGRAPH_NONE)
		return at;
	at = gv_depgraph_find_folder(g, path->p, path->len);
	if (at != GV_DEPGRAPH_NONE)
		return gv_depgraph_entry(g, at, edge);
	while ((slash = memrchr(path->p, '/', len)) != NULL) {
		len = (size_t)(slash - path->p);
		at = gv_depgraph_find_file(g, path->p, len);
		if (at != GV_DEPGRAPH_NONE)
			return g->files[at].flags & GV_DEPGRAPH_LEFT_ALL
			    ? at
			    : GV_DEPGRAPH_NONE;
	}
	return GV_DEPGRAPH_NONE;
}

/* Edges whose paths are looked for in each folder from that of the file up: the
 * folder that a build or a play starts in is known to whoever starts it. */
static bool
goes_up(uint16_t edge)
{
	static const uint16_t edges[] = { GV_SYMBOL_EDGE_DOCKER_COPY,
		GV_SYMBOL_EDGE_ANSIBLE_ROLE,
		GV_SYMBOL_EDGE_ANSIBLE_ROLE_DEPENDENCY,
		GV_SYMBOL_EDGE_ANSIBLE_INCLUDE, GV_SYMBOL_EDGE_ANSIBLE_FILE,
		GV_SYMBOL_EDGE_ANSIBLE_CONFIG, GV_SYMBOL_EDGE_SCRIPT_FILE,
		GV_SYMBOL_EDGE_ENV_FILE, GV_SYMBOL_EDGE_TF_VAR_FILE,
		GV_SYMBOL_EDGE_TF_BACKEND };
	size_t i;

	for (i = 0; i < sizeof(edges) / sizeof(edges[0]); i++)
		if (edges[i] == edge)
			return true;
	return false;
}

static bool
is_role(const struct gv_symbol *ref)
{
	return ref->word == GV_SYMBOL_EDGE_ANSIBLE_ROLE ||
	    ref->word == GV_SYMBOL_EDGE_ANSIBLE_ROLE_DEPENDENCY;
}

/* A folder in which Ansible looks besides: roles, or what the module says. */
static const char *
place_of(const struct gv_depgraph *g, const struct gv_symbol *ref)
{
	if (is_role(ref))
		return "roles";
	return ref->word == GV_SYMBOL_EDGE_ANSIBLE_FILE ||
		ref->word == GV_SYMBOL_EDGE_ANSIBLE_INCLUDE
	    ? gv_symbol_text(&g->symbols, gv_symbol_extra(&g->symbols, ref))
	    : "";
}

static bool
look_in(struct gv_depgraph_found *found, struct gv_buf *path,
    const struct gv_depgraph *g, uint32_t folder, const char *below,
    const struct gv_symbol *ref)
{
	uint32_t node;

	if (!join(path, g, folder, below, ref))
		return false;
	node = node_at(g, path, ref->word);
	if (node != GV_DEPGRAPH_NONE)
		gv_depgraph_found_add(found, node);
	return true;
}

/* Look for a role in the folders that ansible.cfg names. */
static void
look_in_config(struct gv_depgraph_found *found, struct gv_buf *path,
    const struct gv_depgraph *g, uint32_t folder, const struct gv_symbol *ref)
{
	const struct gv_depgraph_folder *f = &g->folders[folder];
	uint32_t i, k;

	for (i = f->first; i < f->first + f->n; i++) {
		if (g->files[i].dialect != GV_SYMBOL_DIALECT_ANSIBLE_CONFIG)
			continue;
		for (k = g->files[i].first;
		     k < g->files[i].first + g->files[i].n && found->n == 0;
		     k++) {
			const struct gv_symbol *s = &g->symbols.items[k];

			if (s->kind == GV_SYMBOL_REFERENCE &&
			    (s->flags & GV_SYMBOL_FOLDER))
				look_in(found, path, g, folder,
				    gv_symbol_text(&g->symbols, &s->name), ref);
		}
	}
}

/* Look in each place. Whether the path stays inside the tree from one. */
static bool
look(struct gv_depgraph_found *found, struct gv_buf *path,
    const struct gv_depgraph *g, uint32_t folder, const struct gv_symbol *ref)
{
	const char *place = place_of(g, ref);
	const bool is_searched = goes_up(ref->word) && !is_from_top(g, ref);
	bool is_inside = false;

	for (;; folder = g->folders[folder].parent) {
		if (*place)
			is_inside |=
			    look_in(found, path, g, folder, place, ref);
		if (found->n == 0)
			is_inside |= look_in(found, path, g, folder, "", ref);
		if (found->n == 0 && is_role(ref))
			look_in_config(found, path, g, folder, ref);
		if (found->n || folder == 0 || !is_searched)
			return is_inside;
	}
}

/* ---- a path that is computed --------------------------------------------- */

static uint32_t
literal_folder(const struct gv_depgraph *g, const struct gv_buf *path)
{
	const char *star = memchr(path->p, '*', path->len);
	const char *slash =
	    star ? memrchr(path->p, '/', (size_t)(star - path->p)) : NULL;

	return gv_depgraph_find_folder(
	    g, path->p, slash ? (size_t)(slash - path->p) : 0);
}

static void
match(struct gv_depgraph_found *found, struct gv_depgraph *g,
    const struct gv_buf *path, const struct gv_symbol *ref)
{
	const struct gv_depgraph_text pattern = { path->p, path->len };
	const uint32_t top = literal_folder(g, path);
	uint32_t i;

	if (top == GV_DEPGRAPH_NONE || path->len == 0 || *path->p == '*')
		return;
	for (i = g->folders[top].first;
	     i < g->folders[top].end && g->compared < FILES_MOST; i++) {
		g->compared++;
		if (gv_depgraph_matches(pattern,
			(struct gv_depgraph_text){
			    g->files[i].path, g->files[i].len },
			false))
			gv_depgraph_found_add(found, i);
	}
	for (i = top + 1; i < g->n_folders && g->compared < FILES_MOST &&
	     g->folders[i].first < g->folders[top].end &&
	     g->folders[i].depth > g->folders[top].depth;
	     i++) {
		g->compared++;
		if (gv_depgraph_matches(pattern,
			(struct gv_depgraph_text){
			    g->folders[i].path, g->folders[i].len },
			false))
			gv_depgraph_found_add(
			    found, gv_depgraph_entry(g, i, ref->word));
	}
}

/* ---- the nearest above --------------------------------------------------- */

static void
climb(struct gv_depgraph_found *found, struct gv_buf *path,
    const struct gv_depgraph *g, uint32_t folder, const struct gv_symbol *ref)
{
	uint32_t node = GV_DEPGRAPH_NONE;

	while (folder != 0 && node == GV_DEPGRAPH_NONE) {
		folder = g->folders[folder].parent;
		if (join(path, g, folder, "", ref))
			node = gv_depgraph_find_file(g, path->p, path->len);
	}
	if (node != GV_DEPGRAPH_NONE)
		gv_depgraph_found_add(found, node);
}

/* A file that units include looks above the unit that includes it, wherever
 * that is: any file of the name may be meant. */
static void
spread(struct gv_depgraph_found *found, struct gv_depgraph *g,
    const struct gv_symbol *ref)
{
	const struct gv_depgraph_text wanted = gv_depgraph_symbol_name(g, ref);
	uint32_t i;

	for (i = 0; i < g->n_files && g->compared < FILES_MOST; i++) {
		g->compared++;
		if (gv_depgraph_equal(gv_depgraph_name(g, i), wanted))
			gv_depgraph_found_add(found, i);
	}
	found->is_wide = found->n > 0;
}

int
gv_depgraph_find_path(struct gv_depgraph_found *found, struct gv_depgraph *g,
    uint32_t file, const struct gv_symbol *ref)
{
	const uint32_t folder = is_from_top(g, ref) ? 0 : g->files[file].folder;
	struct gv_buf path = GV_BUF_INIT;
	int r;

	if (ref->how == GV_SYMBOL_BY_PARENT) {
		climb(found, &path, g, folder, ref);
		if (found->n == 0)
			spread(found, g, ref);
	} else if (ref->flags & GV_SYMBOL_PATTERN) {
		if (join(&path, g, folder, "", ref))
			match(found, g, &path, ref);
	} else if (!look(found, &path, g, folder, ref)) {
		found->target = GV_DEPGRAPH_EXTERNAL;
	}
	r = gv_buf_check(&path);
	gv_buf_release(&path);
	return r;
}
