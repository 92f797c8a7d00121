#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "safe/ref_ask.h"
#include "verify/repair_sealed.h"

/*
 * Values of which git has a reference only: whether the vault has them. Where
 * it says that it does not, the reference is dead, but not lost: whoever runs
 * the vault may bring the value back, so it stays until there is something
 * better.
 */

/* Without references no policy is read. */
static int
need_ask(struct gv_repair_sealed *w)
{
	return w->ask ? 0 : gv_ref_ask_new(&w->ask, w->run->repo);
}

static int
ask(enum gv_repair_copy *out, struct gv_repair_sealed *w,
    struct gv_repair_value *v, const struct gv_object *obj)
{
	const struct gv_ref_ask_value value = { v->scope->name, v->id };
	struct gv_ref_ask_answer answer = { GV_REF_ASK_LEFT, NULL };
	int r = need_ask(w);

	if (r == 0)
		r = gv_ref_ask_of(&answer, w->ask, &value, obj->data, obj->len);
	if (r < 0)
		return r;
	if (answer.state == GV_REF_ASK_GONE && v->why == NULL)
		v->why = answer.why;
	*out = answer.state == GV_REF_ASK_GONE ? GV_REPAIR_COPY_GONE
	    : answer.state == GV_REF_ASK_LEFT  ? GV_REPAIR_COPY_LEFT
					       : GV_REPAIR_COPY_THERE;
	return 0;
}

int
gv_repair_ref_ask(enum gv_repair_copy *out, struct gv_repair_sealed *w,
    struct gv_repair_value *v, const struct gv_oid *oid)
{
	struct gv_object obj = { 0 };
	int r = gv_odb_read_type(w->run->odb, &obj, oid, GV_OTYPE_BLOB);

	if (r == 0)
		r = ask(out, w, v, &obj);
	gv_object_release(&obj);
	return r;
}

int
gv_repair_ref_refuse(
    struct gv_repair_sealed *w, struct gv_repair_value *v, int r)
{
	struct gv_buf why = GV_BUF_INIT;

	if (!v->is_dead || r == GV_ENOMEM || r == GV_ECANCELED)
		return r;
	gv_buf_addf(&why,
	    "%s; %s still has it, but it was not stored again: %s",
	    v->why ? v->why : "its reference is lost", v->places[v->place].path,
	    gv_err_message());
	r = gv_buf_check(&why);
	v->why = r == 0 ? gv_arena_copy(&w->arena, why.p, why.len) : NULL;
	gv_buf_release(&why);
	v->is_whole = v->is_anew = false;
	v->source = NULL;
	w->has_lost = true;
	return v->why ? 0 : GV_ENOMEM;
}

struct telling {
	const struct gv_repair_opts *opts;
	int r;
};

static void
tell(void *ctx, const char *vault, const char *why, uint64_t values)
{
	struct telling *t = ctx;
	struct gv_buf text = GV_BUF_INIT;

	gv_buf_addf(&text,
	    "%" PRIu64 " value%s of the vault %s not checked: %s", values,
	    values == 1 ? "" : "s", vault, why);
	if (gv_buf_check(&text) == 0)
		t->opts->warn(t->opts->ctx, text.p);
	else
		t->r = GV_ENOMEM;
	gv_buf_release(&text);
}

int
gv_repair_ref_tell(const struct gv_repair_sealed *w)
{
	struct telling t = { .opts = w->run->opts };

	if (w->ask && t.opts->warn)
		gv_ref_ask_each_left(w->ask, tell, &t);
	return t.r;
}
