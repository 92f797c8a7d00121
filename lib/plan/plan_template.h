#ifndef GV_PLAN_TEMPLATE_H
#define GV_PLAN_TEMPLATE_H
/*
 * What a plan takes from a run: ${{ inputs.NAME }}, ${{ environment }},
 * ${{ steps.ID.outputs.NAME }}, ${{ steps.ID.result }}, ${{ plan }},
 * ${{ run }}, ${{ folder }} and ${{ result }}, in texts and in conditions. A
 * value is put in as it is and never read again, so nothing in it is a
 * reference, a condition or a word of a shell; `shell:` takes values by its
 * environment only.
 *
 *	while (gv_plan_template_next(&part, &at))
 *		…
 *	r = gv_plan_template_expand(&text, template, look, ctx);
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_buf;

enum gv_plan_part_kind {
	GV_PLAN_PART_TEXT,
	GV_PLAN_PART_INPUT,
	GV_PLAN_PART_OUTPUT,
	GV_PLAN_PART_STEP_RESULT, /* passed, failed, skipped */
	GV_PLAN_PART_ENVIRONMENT,
	GV_PLAN_PART_PLAN,   /* its name */
	GV_PLAN_PART_RUN,    /* its id */
	GV_PLAN_PART_FOLDER, /* its own, in the vault's folder */
	GV_PLAN_PART_RESULT, /* of the run up to now: passed or failed */
	GV_PLAN_PART_BROKEN, /* no reference that there is */
};

/* A piece of a template. The names are in the template and not NUL-ended. */
struct gv_plan_part {
	enum gv_plan_part_kind kind;
	const char *p; /* the text; or the whole reference with its signs */
	size_t len;
	const char *step, *name; /* the id; the name of an input or output */
	size_t step_len, name_len;
};

/* The next piece at *at, which moves behind it. False at the end. */
bool gv_plan_template_next(struct gv_plan_part *out, const char **at);

/* Whether a text has a reference at all. */
bool gv_plan_template_is(const char *text);

/* The value of a reference into *out: 0; a failure stops. */
typedef int
gv_plan_look_fn(struct gv_buf *out, void *ctx, const struct gv_plan_part *part);

/* Append the text with its values put in. 0; what `look` returned; GV_ENOMEM.
 */
int gv_plan_template_expand(
    struct gv_buf *out, const char *text, gv_plan_look_fn *look, void *ctx);

/* ---- conditions ---- */

/* A condition is comparisons joined by "&&", each A == B, A != B or A alone,
 * which holds unless it is empty, "false" or "0". An operand is a word, a
 * quoted text or a reference. What is wrong with it, or NULL. */
const char *gv_plan_condition_check(const char *text);

/* Whether it holds. The condition passed gv_plan_condition_check(). 0; what
 * `look` returned; GV_ENOMEM. */
int gv_plan_condition_holds(
    bool *out, const char *text, gv_plan_look_fn *look, void *ctx);

#endif
