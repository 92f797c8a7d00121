#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "param/param_internal.h"

/* Which paths are layers of a query. No layer is read. */

/* ---- patterns ------------------------------------------------------------ */

static int
add(struct gv_param_place *out, size_t *n, struct gv_param_private *p,
    const char *path, bool exists)
{
	out[*n] = (struct gv_param_place){ .exists = exists,
		.path = gv_arena_copy(&p->arena, path, strlen(path)) };
	return out[(*n)++].path ? 0 : GV_ENOMEM;
}

/* One for each pattern that has all its names. */
static int
find_patterns(struct gv_param_place *out, size_t *n, struct gv_param_private *p,
    const char *dir)
{
	const char *const *layers = p->layout->layers;
	struct gv_buf name = GV_BUF_INIT, first = GV_BUF_INIT;
	const struct gv_buf *from;
	size_t i;
	int r = 0;

	for (i = 0; r >= 0 && layers[i]; i++) {
		r = gv_param_expand(&name, &first, p, layers[i], dir);
		from = r > 0 ? &name : &first;
		if (r < 0 || from->len == 0 || (r == 0 && *layers[i] == '?'))
			continue;
		r = add(out, n, p, from->p, r);
	}
	gv_buf_release(&name);
	gv_buf_release(&first);
	return r < 0 ? r : 0;
}

/* A file that two patterns name is one layer, at the place of the later. */
static void
drop_doubles(struct gv_param_place *places, size_t *n)
{
	size_t i, k, to = 0;

	for (i = 0; i < *n; i++) {
		for (k = i + 1; k < *n; k++)
			if (strcmp(places[k].path, places[i].path) == 0)
				break;
		if (k == *n)
			places[to++] = places[i];
	}
	*n = to;
}

/* ---- Terraform ----------------------------------------------------------- */

/* Terraform loads NAME.auto.tfvars and NAME.auto.tfvars.json of the folder by
 * itself, in the order of their names. */
struct autos {
	struct gv_param_private *p;
	const char *dir;
	const char **paths;
	size_t n, cap;
};

static bool
is_auto(const char *path, const char *dir)
{
	static const char *const ends[] = { ".auto.tfvars",
		".auto.tfvars.json" };
	const size_t len = strlen(path), skip = strlen(dir);
	size_t i;

	if (strncmp(path, dir, skip) != 0 || strchr(path + skip, '/'))
		return false;
	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (len > skip + strlen(ends[i]) &&
		    strcmp(path + len - strlen(ends[i]), ends[i]) == 0)
			return true;
	return false;
}

static int
take_auto(void *ctx, const char *path)
{
	struct autos *a = ctx;

	if (!is_auto(path, a->dir))
		return 0;
	if (GV_GROW(a->paths, a->n, a->cap) < 0)
		return gv_err_nomem();
	a->paths[a->n] = gv_arena_copy(&a->p->arena, path, strlen(path));
	return a->paths[a->n++] ? 0 : GV_ENOMEM;
}

static int
add_autos(struct gv_param_place **out, size_t *n, struct gv_param_private *p,
    const char *dir)
{
	struct autos a = { .p = p, .dir = dir };
	struct gv_param_place *more;
	size_t i, to = 0;
	int r = gv_param_each_path(p->pool, take_auto, &a);

	if (r < 0 || a.n == 0)
		goto out;
	if ((more = realloc(*out, (*n + a.n + 1) * sizeof(**out))) == NULL) {
		r = gv_err_nomem();
		goto out;
	}
	*out = more;
	/* the file of the environment is above them, as with -var-file */
	to = p->query.env && *n ? *n - 1 : *n;
	memmove(&more[to + a.n], &more[to], (*n - to) * sizeof(*more));
	for (i = 0; i < a.n; i++)
		more[to + i] = (struct gv_param_place){ .path = a.paths[i],
			.exists = true };
	*n += a.n;
out:
	free(a.paths);
	return r;
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
		{ "provider", q->provider }, { "region", q->region },
		{ "host", q->host } };
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
gv_param_hierarchy(struct gv_layer_hiera *out, struct gv_param_pool *pool,
    const struct gv_param_query *query)
{
	struct gv_buf text = GV_BUF_INIT, known = GV_BUF_INIT;
	struct gv_layer hiera = { .name = "hiera.yaml",
		.format = GV_DOC_FORMAT_YAML };
	struct gv_layer facts = { .name = "facts" };
	int r;

	if ((r = gv_param_read(&text, pool, hiera.name)) < 0)
		goto out;
	hiera.text = text.p;
	hiera.len = text.len;
	if ((r = gv_layer_read(&hiera, &(struct gv_layer_read_opts){ 0 })) <
		0 ||
	    (r = read_facts(&facts, &known, query)) < 0)
		goto out;
	r = gv_layer_hiera_read(out, &hiera, facts.tree.root);
out:
	gv_layer_release(&facts);
	gv_layer_release(&hiera);
	gv_buf_release(&known);
	gv_buf_release(&text);
	return r;
}

static int
find_hierarchy(
    struct gv_param_place *out, size_t *n, struct gv_param_private *p)
{
	size_t i;

	for (i = p->hiera.n; i > 0; i--) {
		const struct gv_layer_hiera_path *path = &p->hiera.paths[i - 1];

		if (path->is_glob)
			return gv_err(GV_EREFUSED,
			    "hiera.yaml: not supported: glob (%s)", path->path);
		out[(*n)++] = (struct gv_param_place){ .path = path->path,
			.exists = gv_param_exists(p->pool, path->path) };
	}
	return 0;
}

/* ---- all ----------------------------------------------------------------- */

int
gv_param_places(struct gv_param_place **out, size_t *n,
    struct gv_param_private *p, const char *dir)
{
	const bool is_hiera = p->layout->dialect == GV_PARAM_HIERA;
	size_t most = 0;
	int r;

	*n = 0;
	if (is_hiera &&
	    (r = gv_param_hierarchy(&p->hiera, p->pool, &p->query)) < 0)
		return r;
	while (!is_hiera && p->layout->layers[most])
		most++;
	most += p->hiera.n;
	if ((*out = calloc(most + 1, sizeof(**out))) == NULL)
		return gv_err_nomem();
	if (is_hiera)
		return find_hierarchy(*out, n, p);
	if ((r = find_patterns(*out, n, p, dir)) == 0 &&
	    strcmp(p->layout->name, "tfvars") == 0 && p->layout != &p->of_set)
		r = add_autos(out, n, p, dir);
	drop_doubles(*out, n);
	return r;
}
