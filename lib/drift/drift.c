#include "drift/drift.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "crypto/secret.h"
#include "drift/drift_internal.h"

const char *const gv_drift_classes[] = { "none", "missing", "value", "type",
	"order", "size", "name", "version", "secret", "structure", "renamed",
	"moved", "recipients", "placeholder", "guard", "cross", NULL };
const char *const gv_drift_verdicts[] = { "same", "intended", "drift", "note",
	"unknown", "accepted", "before", NULL };
const char *const gv_drift_acceptances[] = { NULL, "holds", "expired",
	"changed" };
const char *const gv_drift_severities[] = { "none", "low", "normal", "high",
	NULL };

int
gv_drift_new(struct gv_drift **out, const struct gv_drift_opts *opts)
{
	struct gv_secret key = GV_SECRET_INIT;
	struct gv_drift *d = NULL;
	int r;

	if ((r = gv_secret_ready()) < 0 ||
	    (r = gv_secret_add_random(&key, GV_DIGEST_KEY)) < 0)
		goto out;
	d = calloc(1, sizeof(*d));
	if (d == NULL) {
		r = gv_err_nomem();
		goto out;
	}
	d->opts = opts;
	memcpy(
	    d->secret, opts->like ? opts->like->secret : key.p, GV_DIGEST_KEY);
	*out = d;
out:
	gv_secret_release(&key);
	return r;
}

void
gv_drift_name_by(struct gv_drift *d, const unsigned char key[GV_DIGEST_KEY],
    const char *name)
{
	memcpy(d->secret, key, GV_DIGEST_KEY);
	snprintf(d->key_name, sizeof(d->key_name), "%s", name);
}

static void
free_role(const struct gv_drift *d, struct gv_drift_role *role)
{
	size_t i;

	for (i = 0; i < d->opts->n_envs; i++) {
		free(role->sides[i].files);
		gv_drift_keys_release(&role->sides[i].keys);
	}
	gv_drift_keys_release(&role->base);
	gv_map_release(&role->numbers);
}

void
gv_drift_free(struct gv_drift *d)
{
	size_t i;

	if (d == NULL)
		return;
	for (i = 0; i < d->n_roles; i++)
		free_role(d, d->roles[i]);
	for (i = 0; i < d->n; i++) {
		gv_doc_release(&d->files[i]->doc);
		gv_scan_release(&d->files[i]->scan);
	}
	free(d->files);
	free(d->roles);
	gv_map_release(&d->by_role);
	gv_map_release(&d->shared);
	gv_arena_release(&d->arena);
	explicit_bzero(d->secret, sizeof(d->secret));
	free(d);
}

/* ---- roles --------------------------------------------------------------- */

/* The name with '*' for its marks. */
static const char *
show_role(struct gv_drift *d, const char *name, size_t len)
{
	char *copy = gv_arena_copy(&d->arena, name, len);
	size_t i;

	for (i = 0; copy && i < len; i++)
		if (copy[i] >= GV_ENVNAME_LOWER && copy[i] <= GV_ENVNAME_TITLE)
			copy[i] = '*';
	return copy;
}

static int
new_role(struct gv_drift_role **out, struct gv_drift *d, const char *name,
    size_t len)
{
	struct gv_drift_role *role =
	    gv_arena_alloc(&d->arena, sizeof(struct gv_drift_role));

	if (role == NULL || GV_GROW(d->roles, d->n_roles, d->cap_roles) < 0)
		return gv_err_nomem();
	role->name = gv_arena_copy(&d->arena, name, len);
	role->len = len;
	role->show = show_role(d, name, len);
	role->is_folder = len > 4 && memcmp(name + len - 4, "*.tf", 4) == 0;
	role->sides = gv_arena_alloc(
	    &d->arena, (d->opts->n_envs + 1) * sizeof(*role->sides));
	if (role->name == NULL || role->show == NULL || role->sides == NULL ||
	    gv_map_put(&d->by_role, role->name, len, role) < 0)
		return gv_err_nomem();
	d->roles[d->n_roles++] = role;
	*out = role;
	return 0;
}

static int
add_to_role(struct gv_drift *d, struct gv_drift_document *of)
{
	struct gv_buf name = GV_BUF_INIT;
	struct gv_drift_side *side;
	int r = gv_drift_role_name(&name, d->opts, &of->file);

	if (r == 0) {
		of->role = gv_map_get(&d->by_role, name.p, name.len);
		if (of->role == NULL)
			r = new_role(&of->role, d, name.p, name.len);
	}
	gv_buf_release(&name);
	if (r < 0)
		return r;
	side = &of->role->sides[of->file.env];
	if (GV_GROW(side->files, side->n, side->cap) < 0)
		return gv_err_nomem();
	side->files[side->n++] = of;
	return 0;
}

int
gv_drift_add(struct gv_drift *d, const struct gv_drift_file *file)
{
	struct gv_drift_document *of;
	enum gv_doc_format format = GV_DOC_FORMAT_JSON;

	if (!file->is_state &&
	    !gv_doc_format_of(&format, file->path, file->text, file->len))
		return 0;
	of = gv_arena_alloc(&d->arena, sizeof(*of));
	if (of == NULL || GV_GROW(d->files, d->n, d->cap) < 0)
		return gv_err_nomem();
	of->file = *file;
	of->doc.format = format;
	d->files[d->n++] = of;
	if (file->env != GV_DRIFT_SHARED)
		return add_to_role(d, of);
	if (gv_map_put(&d->shared, file->path, strlen(file->path), of) < 0)
		return gv_err_nomem();
	return 0;
}

/* ---- reading ------------------------------------------------------------- */

/* Whether all of it is a placeholder, or the output of a tool that encrypts. */
static bool
is_sealed(const struct gv_drift_file *file)
{
	static const char *const heads[] = { "$ANSIBLE_VAULT;",
		"-----BEGIN AGE ENCRYPTED FILE-----", "age-encryption.org/",
		"-----BEGIN PGP MESSAGE-----", NULL };
	static const char crypt[] = "\0GITCRYPT";
	const char *end;
	size_t i;

	if (file->len > sizeof(crypt) &&
	    memcmp(file->text, crypt, sizeof(crypt)) == 0)
		return true;
	for (i = 0; heads[i]; i++)
		if (file->len > strlen(heads[i]) &&
		    memcmp(file->text, heads[i], strlen(heads[i])) == 0)
			return true;
	end = memchr(file->text, ']', file->len);
	return file->len > 10 && memcmp(file->text, "GITVAULT[", 9) == 0 &&
	    memchr(file->text, '=', file->len) == NULL && end &&
	    end + 2 >= file->text + file->len;
}

static int
read_document(struct gv_drift *d, struct gv_drift_document *of)
{
	struct gv_drift_file *file = &of->file;
	enum gv_doc_format format = of->doc.format;
	int r;

	if (of->is_read)
		return 0;
	of->is_read = true;
	if (file->text == NULL && d->opts->read &&
	    (r = d->opts->read(d->opts->ctx, file)) < 0)
		return r;
	if (file->text == NULL)
		file->text = "";
	of->is_sealed = is_sealed(file);
	if (of->is_sealed)
		return gv_doc_read(&of->doc, GV_DOC_FORMAT_ENV, "", 0, NULL);
	/* templates show in the bytes alone */
	if (!file->is_state)
		gv_doc_format_of(&format, file->path, file->text, file->len);
	if (d->opts->rules && !file->is_secret &&
	    (r = gv_scan_run(&of->scan, d->opts->rules, file->path, file->text,
		 file->len)) < 0)
		return r;
	return gv_doc_read(&of->doc, format, file->text, file->len, NULL);
}

static int
flatten_side(struct gv_drift *d, struct gv_drift_side *side)
{
	size_t i;
	int r;

	if (side->is_flat)
		return 0;
	side->is_flat = true;
	for (i = 0; i < side->n; i++)
		if ((r = read_document(d, side->files[i])) < 0 ||
		    (r = gv_drift_flatten(d, &side->keys, side->files[i])) < 0)
			return r;
	return 0;
}

struct layering {
	struct gv_drift *d;
	struct gv_drift_document *found[16];
	size_t n;
};

static int
add_base(void *ctx, const char *path, size_t len)
{
	struct layering *l = ctx;
	struct gv_drift_document *of = gv_map_get(&l->d->shared, path, len);

	if (of && l->n < sizeof(l->found) / sizeof(l->found[0]))
		l->found[l->n++] = of;
	return 0;
}

/* Files that variables of this role are declared in: of its folder, or of the
 * nearest above it that has some. */
static int
add_declared(struct gv_drift *d, struct gv_drift_role *role)
{
	const char *slash;
	size_t len = role->len, i, n = 0;
	int r;

	while (n == 0 && len > 0) {
		for (len--; len > 0 && role->name[len] != '/';)
			len--;
		for (i = 0; i < d->n; i++) {
			struct gv_drift_document *of = d->files[i];
			const char *path = of->file.path;

			if (of->file.env != GV_DRIFT_SHARED ||
			    of->doc.format != GV_DOC_FORMAT_HCL ||
			    strncmp(path, role->name, len) != 0 ||
			    (len && path[len] != '/'))
				continue;
			slash = strrchr(path, '/');
			if ((slash ? (size_t)(slash - path) : 0) != len)
				continue;
			n++;
			if ((r = read_document(d, of)) < 0 ||
			    (r = gv_drift_flatten_defaults(
				 d, &role->base, &role->numbers, of)) < 0)
				return r;
		}
	}
	return 0;
}

/* Objects of the base that an overlay of Kustomize patches: in any of its
 * files. */
static int
add_objects(struct gv_drift *d, struct gv_drift_role *role)
{
	struct gv_buf base = GV_BUF_INIT;
	const char *at = memmem(role->name, role->len, "overlays/", 9);
	size_t i;
	int r = 0;

	if (at == NULL)
		return 0;
	gv_buf_add(&base, role->name, (size_t)(at - role->name));
	gv_buf_addstr(&base, "base/");
	r = gv_buf_check(&base);
	for (i = 0; r == 0 && i < d->n; i++) {
		struct gv_drift_document *of = d->files[i];

		if (of->file.env != GV_DRIFT_SHARED ||
		    of->doc.format != GV_DOC_FORMAT_YAML ||
		    strncmp(of->file.path, base.p, base.len) != 0)
			continue;
		if ((r = read_document(d, of)) == 0)
			r = gv_drift_flatten(d, &role->base, of);
	}
	gv_buf_release(&base);
	return r;
}

static bool
is_variables(const struct gv_drift_role *role)
{
	return role->len > 7 && memmem(role->name, role->len, ".tfvars", 7);
}

/* What is shared below the files of a role; the nearest layer counts, so it
 * comes last. */
static int
flatten_base(struct gv_drift *d, struct gv_drift_role *role)
{
	struct layering l = { .d = d };
	int r;

	if (role->has_base)
		return 0;
	role->has_base = true;
	if ((is_variables(role) && (r = add_declared(d, role)) < 0) ||
	    (r = add_objects(d, role)) < 0)
		return r;
	if ((r = gv_drift_each_base(role->name, role->len, add_base, &l)) < 0)
		return r;
	while (l.n > 0) {
		l.n--;
		if ((r = read_document(d, l.found[l.n])) < 0 ||
		    (r = gv_drift_flatten(d, &role->base, l.found[l.n])) < 0)
			return r;
	}
	return 0;
}

/* ---- the report ---------------------------------------------------------- */

static int
by_name(const void *a, const void *b)
{
	const struct gv_drift_role *x = *(struct gv_drift_role *const *)a;
	const struct gv_drift_role *y = *(struct gv_drift_role *const *)b;
	const size_t n = x->len < y->len ? x->len : y->len;
	const int order = memcmp(x->name, y->name, n);

	return order ? order : (x->len > y->len) - (x->len < y->len);
}

/* Forget what an earlier comparison has found of them. */
static void
begin_again(const struct gv_drift_role *role, struct gv_drift_side *side)
{
	size_t i;

	side->is_moved = false;
	for (i = 0; i < side->keys.n; i++) {
		struct gv_drift_key *key = side->keys.items[i];

		key->is_met = key->is_crossed = false;
		key->is_number = gv_map_get(&role->numbers, key->name,
				     key->name_len) != NULL;
	}
}

static int
flatten_all(struct gv_drift_pair *pair)
{
	struct gv_drift *d = pair->d;
	size_t i;
	int r;

	for (i = 0; i < d->n_roles; i++) {
		struct gv_drift_role *role = d->roles[i];

		if ((r = flatten_side(d, &role->sides[pair->low])) < 0 ||
		    (r = flatten_side(d, &role->sides[pair->high])) < 0 ||
		    (r = flatten_base(d, role)) < 0)
			return r;
		begin_again(role, &role->sides[pair->low]);
		begin_again(role, &role->sides[pair->high]);
	}
	return 0;
}

int
gv_drift_compare(struct gv_drift_report *out, struct gv_drift *d, unsigned left,
    unsigned right)
{
	const struct gv_drift_env *envs = d->opts->envs;
	struct gv_drift_pair pair = { .d = d, .report = out };
	size_t i;
	int r;

	memset(out, 0, sizeof(*out));
	out->left = left;
	out->right = right;
	pair.is_swapped = envs[left].order > envs[right].order;
	pair.low = pair.is_swapped ? right : left;
	pair.high = pair.is_swapped ? left : right;
	if (d->n_roles)
		qsort(d->roles, d->n_roles, sizeof(struct gv_drift_role *),
		    by_name);
	if ((r = flatten_all(&pair)) < 0)
		return r;
	gv_drift_count_places(&pair);
	for (i = 0; i < d->n_roles; i++)
		if ((r = gv_drift_cross(&pair, d->roles[i], pair.low)) < 0 ||
		    (r = gv_drift_cross(&pair, d->roles[i], pair.high)) < 0)
			return r;
	if ((r = gv_drift_join_moved(&pair)) < 0)
		return r;
	for (i = 0; i < d->n_roles; i++)
		if ((r = gv_drift_join(&pair, d->roles[i])) < 0)
			return r;
	return 0;
}

void
gv_drift_report_release(struct gv_drift_report *report)
{
	free(report->findings);
	gv_arena_release(&report->arena);
	memset(report, 0, sizeof(*report));
}

bool
gv_drift_is_in_sync(const struct gv_drift_report *report)
{
	return report->keys > 0 && report->counts[GV_DRIFT_DRIFT] == 0 &&
	    report->counts[GV_DRIFT_ACCEPTED] == 0 &&
	    report->counts[GV_DRIFT_BEFORE] == 0 &&
	    report->counts[GV_DRIFT_UNKNOWN] == 0;
}

bool
gv_drift_has(const struct gv_drift_report *report, enum gv_drift_severity least)
{
	size_t i;

	for (i = 0; i < report->n; i++)
		if (report->findings[i].verdict == GV_DRIFT_DRIFT &&
		    report->findings[i].severity >= least)
			return true;
	return false;
}
