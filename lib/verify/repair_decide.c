#include <string.h>

#include "base/enc.h"
#include "object/odb.h"
#include "seal/redact.h"
#include "verify/repair_sealed.h"

/* The entry of a value in its scope, <id>.age or <id>.ref, is to be this
 * object; NULL: it goes. */
static int
set_entry(struct gv_repair_sealed *w, const struct gv_repair_value *v,
    const char *suffix, const struct gv_oid *oid)
{
	char name[GV_REDACT_ID_HEX + 8];
	unsigned mode = strcmp(suffix, ".ref") == 0 ? GV_MODE_FILE : v->mode;
	enum gv_otype type;
	size_t size;

	/* of one that was just found it is not known yet what it is */
	if (oid)
		mode =
		    gv_odb_read_header(w->run->odb, &type, &size, oid) == 0 &&
			type == GV_OTYPE_TREE
		    ? GV_MODE_DIR
		    : GV_MODE_FILE;
	gv_enc_hex(name, v->id.bytes, GV_DIGEST_BYTES);
	memcpy(name + GV_REDACT_ID_HEX, suffix, sizeof(".age"));
	return gv_repair_sealed_change(w, v->scope, name, mode, oid);
}

static int
look_at(enum gv_repair_copy *out, struct gv_repair_sealed *w,
    struct gv_repair_value *v, const struct gv_oid *oid)
{
	int r = gv_oid_is_zero(oid) ? 0 : gv_repair_sealed_is_whole(w, oid);

	*out = r == 1 ? GV_REPAIR_COPY_SEALED : GV_REPAIR_COPY_LOST;
	return r == 2 ? gv_repair_ref_ask(out, w, v, oid) : r < 0 ? r : 0;
}

/* What a value has now. */
struct state {
	struct gv_repair_has has;
	struct gv_oid object; /* that the line names */
};

/* The object of a line that the value can be had by; else one of which nobody
 * says. */
static int
find_line(
    struct state *s, struct gv_repair_sealed *w, struct gv_repair_value *v)
{
	enum gv_repair_copy copy;
	size_t i;
	int r = 0;

	for (i = 0;
	     r == 0 && i < v->n_lines && !gv_repair_can_be_had(s->has.line);
	     i++) {
		if (gv_oid_equal(&v->lines[i], &v->ref))
			continue;
		r = look_at(&copy, w, v, &v->lines[i]);
		if (r < 0 ||
		    (!gv_repair_can_be_had(copy) &&
			copy != GV_REPAIR_COPY_LEFT))
			continue;
		s->has.line = copy;
		s->object = v->lines[i];
	}
	return r;
}

/* The scope has what a line names, and nothing else. */
static int
take_line(const struct state *s, struct gv_repair_sealed *w,
    struct gv_repair_value *v)
{
	bool is_ref = s->has.line != GV_REPAIR_COPY_SEALED;
	int r = 0;

	v->source = "another copy of the value";
	if (is_ref ? s->has.has_sealed : s->has.has_ref)
		r = set_entry(w, v, is_ref ? ".age" : ".ref", NULL);
	return r < 0 ? r
		     : set_entry(w, v, is_ref ? ".ref" : ".age", &s->object);
}

/* Nothing here leads to it. It may still be found
 * elsewhere one day, and a vault may have it again. */
static int
seek(const struct state *s, struct gv_repair_sealed *w,
    struct gv_repair_value *v)
{
	int r = gv_repair_value_find(w, v);

	if (r < 0)
		return r;
	v->is_anew = v->is_whole = r == 1;
	v->is_dead = gv_repair_is_dead(&s->has, v->why != NULL);
	if (v->is_anew)
		v->source = v->is_dead
		    ? "stored again from the working tree"
		    : "encrypted again from the working tree";
	r = 0;
	if (s->has.has_sealed && (!v->has_name || v->is_anew))
		r = set_entry(w, v, ".age", NULL);
	if (r == 0 && s->has.has_ref && s->has.ref == GV_REPAIR_COPY_LOST)
		r = set_entry(w, v, ".ref", NULL);
	return r;
}

int
gv_repair_judge(struct gv_repair_sealed *w, struct gv_repair_value *v)
{
	struct state s = { .has = { .has_sealed = !gv_oid_is_zero(&v->kept),
			       .has_ref = !gv_oid_is_zero(&v->ref),
			       .is_hurt = v->scope->is_hurt } };
	enum gv_repair_verdict verdict;
	int r;

	if ((r = look_at(&s.has.sealed, w, v, &v->kept)) < 0 ||
	    (r = look_at(&s.has.ref, w, v, &v->ref)) < 0)
		return r;
	v->scope->has_gap |= gv_repair_has_gap(&s.has);
	verdict = gv_repair_verdict_of(&s.has);
	if (verdict == GV_REPAIR_ASK_LINES) {
		if ((r = find_line(&s, w, v)) < 0)
			return r;
		verdict = gv_repair_verdict_of_line(&s.has);
	}
	v->is_whole = verdict != GV_REPAIR_SEEK;
	switch (verdict) {
	case GV_REPAIR_DROP_REF:
		v->source =
		    "it is encrypted here, but its reference is missing";
		return set_entry(w, v, ".ref", NULL);
	case GV_REPAIR_DROP_SEALED:
		v->source = "a vault of others has it";
		return set_entry(w, v, ".age", NULL);
	case GV_REPAIR_TAKE_LINE:
		return take_line(&s, w, v);
	case GV_REPAIR_SEEK:
		return seek(&s, w, v);
	case GV_REPAIR_IS_WHOLE:
	case GV_REPAIR_ASK_LINES:
		break;
	}
	return 0;
}
