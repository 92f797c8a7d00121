#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "component/component_stored.h"
#include "git-vault/component/component.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "object/repo_odb.h"

/* ---- the dumps of a component -------------------------------------------- */

struct part {
	const char *id, *env, *name;
	size_t env_len, name_len;
};

static bool
split(struct part *out, const struct gv_ref *ref)
{
	return gv_component_ref_split(&out->id, &out->env, &out->env_len,
	    &out->name, &out->name_len, ref->name);
}

static bool
is(const char *p, size_t len, const char *word)
{
	return strlen(word) == len && memcmp(p, word, len) == 0;
}

static int
refuse_several(const char *name, const struct part *a, const struct part *b)
{
	return gv_err(GV_EUSAGE,
	    "the environments %.*s and %.*s both have a component '%s': name "
	    "one by --env",
	    (int)a->env_len, a->env, (int)b->env_len, b->env, name);
}

static int
refuse_unknown(const struct gv_refs *all, const char *name)
{
	struct gv_buf names = GV_BUF_INIT;
	struct part p = { .id = NULL }, before = { .id = NULL };
	size_t i;
	int r;

	for (i = 0; i < all->n; i++) {
		if (!split(&p, &all->refs[i]) ||
		    (before.id && p.name_len == before.name_len &&
			memcmp(p.name, before.name, p.name_len) == 0))
			continue;
		gv_buf_addf(&names, "%s%.*s", names.len ? ", " : "",
		    (int)p.name_len, p.name);
		before = p;
	}
	r = names.len ? gv_err(GV_ENOTFOUND,
			    "there is no dump of a component '%s'; there are "
			    "dumps of %s",
			    name, names.p)
		      : gv_err(GV_ENOTFOUND,
			    "there is no dump of a component yet; to make "
			    "one: git vault component run");
	gv_buf_release(&names);
	return r;
}

int
gv_component_find(
    struct gv_refs *out, struct gv_ctx *ctx, const char *name, const char *env)
{
	struct part p, first = { .id = NULL };
	size_t i, n = 0;
	int r = gv_component_list(out, ctx->repo, env, NULL);

	if (r < 0)
		return r;
	for (i = 0; r == 0 && i < out->n; i++) {
		if (!split(&p, &out->refs[i]) || !is(p.name, p.name_len, name))
			continue;
		if (first.id &&
		    (p.env_len != first.env_len ||
			memcmp(p.env, first.env, p.env_len) != 0))
			r = refuse_several(name, &first, &p);
		first = p;
		out->refs[n++] = out->refs[i];
	}
	if (r == 0 && n == 0)
		r = refuse_unknown(out, name);
	out->n = n;
	if (r < 0)
		gv_refs_release(out);
	return r;
}

/* ---- one of them --------------------------------------------------------- */

/* What the name of the first dump says: all are of one environment. */
static struct part
first_of(const struct gv_refs *refs)
{
	struct part p = { .env = "" };

	if (refs->n && split(&p, &refs->refs[0]))
		return p;
	return (struct part){ .env = "" };
}

static bool
has_label(struct gv_odb *odb, const struct gv_ref *ref, const char *label)
{
	struct gv_component_stored s = { .text = NULL };
	const bool has = gv_component_stored_load(&s, odb, ref) == 0 &&
	    s.record.label && strcmp(s.record.label, label) == 0;

	gv_component_stored_release(&s);
	return has;
}

static int
pick_label(const struct gv_ref **out, struct gv_ctx *ctx,
    const struct gv_refs *refs, const char *name, const char *label)
{
	const struct part one = first_of(refs);
	struct gv_odb *odb;
	size_t i;
	int r = gv_repo_odb(ctx->repo, &odb);

	for (i = refs->n; r == 0 && i-- > 0;)
		if (has_label(odb, &refs->refs[i], label)) {
			*out = &refs->refs[i];
			return 0;
		}
	return r < 0 ? r
		     : gv_err(GV_ENOTFOUND,
			   "no dump of %s has the label '%s'; to list them: "
			   "git vault component list --env %.*s %s",
			   name, label, (int)one.env_len, one.env, name);
}

/* A ref that is no dump, which anybody who can push could make, is no reason to
 * restore none. What another restore replaced is restored by its id alone. */
static int
pick_newest(const struct gv_ref **out, struct gv_ctx *ctx,
    const struct gv_refs *refs, const char *name)
{
	const struct part one = first_of(refs);
	const struct gv_ref *ref;
	struct gv_component_stored s;
	struct gv_odb *odb;
	int r = gv_repo_odb(ctx->repo, &odb);

	*out = NULL;
	for (ref = refs->refs + refs->n;
	     r == 0 && *out == NULL && ref > refs->refs;) {
		ref--;
		s = (struct gv_component_stored){ .text = NULL };
		r = gv_component_stored_load(&s, odb, ref);
		if (r == 0 && !gv_component_is_safety(&s))
			*out = ref;
		if (r == GV_ECORRUPT) {
			gv_out_warn(
			    ctx->out, "passed over: %s", gv_err_message());
			r = 0;
		}
		gv_component_stored_release(&s);
	}
	return r < 0 || *out
	    ? r
	    : gv_err(GV_ENOTFOUND,
		  "no dump of %s can be restored without its id; to see why: "
		  "git vault component verify --all --env %.*s %s",
		  name, (int)one.env_len, one.env, name);
}

int
gv_component_pick(const struct gv_ref **out, struct gv_ctx *ctx,
    const struct gv_refs *refs, const char *name, const char *id)
{
	const struct gv_component_opts *o = ctx->opts;
	const struct part one = first_of(refs);
	struct part p;
	size_t i, n = 0;

	if (id == NULL && o->label)
		return pick_label(out, ctx, refs, name, o->label);
	if (id == NULL)
		return pick_newest(out, ctx, refs, name);
	for (i = 0; i < refs->n; i++)
		if (split(&p, &refs->refs[i]) &&
		    (strcmp(p.id, id) == 0 || gv_record_is_short(p.id, id))) {
			*out = &refs->refs[i];
			n++;
		}
	if (n == 1)
		return 0;
	return gv_err(n ? GV_EUSAGE : GV_ENOTFOUND,
	    "%s dump of %s is '%s'; to list them: git vault component list "
	    "--env %.*s %s",
	    n ? "more than one" : "no", name, id, (int)one.env_len, one.env,
	    name);
}

/* ---- as JSON ------------------------------------------------------------- */

const char *
gv_component_stored_as(const struct gv_component_record *record)
{
	return *record->base ? "delta" : "whole";
}

void
gv_component_json(struct gv_json *j, const struct gv_component_record *record)
{
	static const struct gv_oid none;

	gv_json_string(j, "id", record->id);
	gv_json_string(j, "name", record->name);
	gv_json_string(j, "environment", record->env);
	gv_json_string(j, "type", record->engine);
	gv_json_string(j, "stored", gv_component_stored_as(record));
	gv_json_string(j, "base", *record->base ? record->base : NULL);
	gv_json_string(j, "mode", record->mode);
	gv_json_string(j, "label", record->label);
	gv_json_string(j, "point", record->point);
	gv_json_string(j, "outside_label", record->outside);
	gv_json_string(j, "lsn", record->lsn);
	gv_json_string(j, "host", record->host);
	gv_json_uint(j, "bytes", record->bytes);
	gv_json_uint(j, "pieces", record->pieces);
	gv_json_uint(j, "new_pieces", record->fresh);
	gv_json_uint(j, "deltas", record->deltas);
	if (gv_oid_equal(&record->code, &none))
		gv_json_null(j, "commit");
	else
		gv_json_oid(j, "commit", &record->code);
}
