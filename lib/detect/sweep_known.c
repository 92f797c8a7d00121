#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "detect/sweep_internal.h"
#include "repo/hash.h"
#include "scan/builtin.h"
#include "worktree/cache.h"

#define NAME "scanned"

/* To be raised where the scanner comes to judge otherwise: what is remembered
 * of an older one does not count. */
#define SCANNER "9"

/* --- by which rules --- */

static void
add_text(struct gv_buf *out, const char *text)
{
	gv_buf_add(out, text ? text : "", text ? strlen(text) + 1 : 1);
}

static void
add_list(struct gv_buf *out, const char *const *list)
{
	for (; list && *list; list++)
		add_text(out, *list);
	add_text(out, NULL);
}

/* What a rule finds, and not what is said of it. */
static void
add_rule(struct gv_buf *out, const struct gv_rule *rule)
{
	const unsigned numbers[] = { rule->way, rule->kind == GV_RULE_PUBLIC,
		rule->is_likely, rule->nocase, rule->group, rule->offset_min,
		rule->offset_max, rule->open_before, rule->open_after,
		rule->entropy };

	add_text(out, rule->id);
	add_text(out, rule->pattern);
	add_text(out, rule->scanner);
	add_text(out, rule->validator);
	add_list(out, rule->anchors);
	add_list(out, rule->names);
	add_list(out, rule->context);
	gv_buf_add(out, numbers, sizeof(numbers));
}

int
gv_sweep_sum_rules(struct gv_oid *sum, const struct gv_sweep *sweep)
{
	const struct gv_sweep_private *p = sweep->private;
	struct gv_buf text = GV_BUF_INIT;
	size_t i, k = 0;
	int r;

	add_text(&text, PACKAGE_VERSION " " SCANNER);
	/* the built-in ones were summed up when the program was built; those
	 * that the team does not want are named */
	gv_buf_add(&text, gv_builtin_sum, GV_BUILTIN_SUM);
	for (i = 0; i < p->builtin.n; i++)
		if (k < p->n_all && p->all[k].id == p->builtin.rules[i].id)
			k++;
		else
			add_text(&text, p->builtin.rules[i].id);
	add_text(&text, NULL);
	for (; k < p->n_all; k++)
		add_rule(&text, &p->all[k]);
	if ((r = gv_buf_check(&text)) == 0)
		gv_hash_plain(sum, text.p, text.len);
	gv_buf_release(&text);
	return r;
}

/* --- read --- */

static int
read_file(struct gv_scanned *out, const struct gv_repo *repo)
{
	struct gv_buf text = GV_BUF_INIT;
	int r = gv_cache_load(&text, repo, NAME);

	if (r == 0)
		r = gv_scanned_parse(out, text.p, text.len);
	gv_buf_release(&text);
	return r;
}

int
gv_sweep_load_known(struct gv_sweep *sweep)
{
	struct gv_sweep_private *p = sweep->private;
	struct gv_oid sum;
	int r = gv_sweep_sum_rules(&sum, sweep);

	if (r == 0)
		gv_oid_format(p->rules_sum, &sum);
	/* values are not remembered, so all is scanned again to show them */
	p->remembers = r == 0 && !p->opts.keep_values;
	if (!p->remembers || read_file(&p->known, p->opts.repo) < 0)
		return r;
	p->has_known = strcmp(p->known.rules, p->rules_sum) == 0;
	if (!p->has_known)
		gv_sweep_forget_known(sweep);
	return 0;
}

void
gv_sweep_forget_known(struct gv_sweep *sweep)
{
	gv_scanned_release(&sweep->private->known);
	sweep->private->has_known = false;
}

/* --- written --- */

static int
by_blob(const void *a, const void *b)
{
	const struct gv_finding *const *x = a, *const *y = b;
	int r =
	    memcmp((*x)->places->blob.id, (*y)->places->blob.id, GV_OID_RAW);

	return r ? r : ((*x)->at > (*y)->at) - ((*x)->at < (*y)->at);
}

static int
add_blob(struct gv_scanned *s, const struct gv_finding_place *place)
{
	int r = gv_scanned_add_blob(s, &place->blob);

	for (; r == 0 && place; place = place->next)
		r = gv_scanned_add_place(s,
		    &(struct gv_scanned_place){
			place->path, place->introduced, place->removed });
	return r;
}

static int
collect(struct gv_scanned *s, const struct gv_sweep *sweep)
{
	const struct gv_sweep_private *p = sweep->private;
	const struct gv_finding **all = malloc((sweep->n + 1) * sizeof(*all));
	size_t i;
	int r = 0;

	if (all == NULL)
		return gv_err_nomem();
	memcpy(s->rules, p->rules_sum, sizeof(s->rules));
	for (i = 0; r == 0 && i < p->n_tips; i++)
		r = gv_scanned_add_tip(s, &p->tips[i]);
	for (i = 0; i < sweep->n; i++)
		all[i] = &sweep->findings[i];
	if (sweep->n)
		qsort(all, sweep->n, sizeof(*all), by_blob);
	for (i = 0; r == 0 && i < sweep->n; i++) {
		if (i == 0 ||
		    !gv_oid_equal(
			&all[i]->places->blob, &all[i - 1]->places->blob))
			r = add_blob(s, all[i]->places);
	}
	free(all);
	return r;
}

/* What cannot be written costs time, and nothing else. */
void
gv_sweep_save_known(struct gv_sweep *sweep)
{
	struct gv_scanned s = GV_SCANNED_INIT;
	struct gv_buf text = GV_BUF_INIT;
	char *before = gv_err_save();

	if (collect(&s, sweep) == 0) {
		gv_scanned_format(&text, &s);
		gv_cache_save(sweep->private->opts.repo, NAME, &text, true);
	}
	gv_err_restore(before);
	gv_scanned_release(&s);
	gv_buf_release(&text);
}
