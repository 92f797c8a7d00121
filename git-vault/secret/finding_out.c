#include "git-vault/secret/finding_out.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/csv.h"
#include "base/path.h"
#include "detect/sweep.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/secret/finding_report.h"
#include "infra/environment.h"

/* --- text --- */

static enum gv_out_slot
slot_of(enum gv_finding_grade grade)
{
	if (grade >= GV_FINDING_LIKELY)
		return GV_OUT_REMOVED;
	return grade == GV_FINDING_POSSIBLE ? GV_OUT_CHANGED : GV_OUT_DIM;
}

static void
print_path(struct gv_out *out, const struct gv_finding *f)
{
	if (*f->path)
		gv_out_path(out, f->path, strlen(f->path));
	else
		gv_out_printf(out, "(standard input)");
}

static void
print_value(struct gv_out *out, const struct gv_finding *f)
{
	struct gv_buf mask = GV_BUF_INIT;

	if (f->value) {
		gv_out_text(out, f->value, f->len);
		return;
	}
	gv_finding_mask(&mask, f);
	gv_out_printf(out, "%s", mask.p);
	gv_buf_release(&mask);
}

/* Of history: which commit brought it, and which took it away. */
static void
print_places(struct gv_out *out, const struct gv_finding *f)
{
	const struct gv_finding_place *place = f->places;
	char hex[GV_OID_HEX + 1];
	size_t more = 0;

	if (place == NULL)
		return;
	gv_oid_format(hex, &place->introduced);
	gv_out_printf(out, " in %.10s", hex);
	if (!gv_oid_is_zero(&place->removed)) {
		gv_oid_format(hex, &place->removed);
		gv_out_printf(out, ", gone in %.10s", hex);
	}
	while ((place = place->next))
		more++;
	if (more)
		gv_out_printf(out, ", and in %zu more place%s", more,
		    more == 1 ? "" : "s");
}

/* "base64 hex", from outside to inside. */
static void
add_encodings(struct gv_buf *out, const struct gv_finding *f)
{
	const char *word;
	size_t i;

	for (i = 0; (word = gv_finding_encoding(f, i)); i++)
		gv_buf_addf(out, "%s%s", i ? " " : "", word);
}

static void
print_label(struct gv_out *out, const struct gv_finding *f)
{
	struct gv_buf label = GV_BUF_INIT;

	if (gv_finding_add_label(&label, f)) {
		gv_out_text(out, label.p, label.len);
		gv_out_printf(out, " = ");
	}
	gv_buf_release(&label);
}

/* path:line:column, as compilers print places, so that editors find them. */
static void
print_line(struct gv_out *out, const struct gv_finding *f)
{
	const size_t mark = gv_out_fold_begin(out);

	print_path(out, f);
	gv_out_printf(out, ":%u:%u: ", f->line, f->column);
	gv_out_paint(out, slot_of(f->grade), "%s", gv_finding_grades[f->grade]);
	gv_out_printf(out, ": %s: ", f->rule->id);
	print_label(out, f);
	print_value(out, f);
	if (gv_finding_encoding(f, 0))
		gv_out_printf(out, ", in %s", gv_finding_tell_encoding(f, 0));
	print_places(out, f);
	gv_out_printf(out, "\n");
	gv_out_fold_end(out, mark);
}

/* "" where there is no key. */
static void
fingerprint(char out[GV_IDKEY_TEXT + 1], const struct gv_sweep *sweep,
    const struct gv_idkey_digest *digest)
{
	*out = '\0';
	if (sweep->key)
		gv_idkey_format(out, sweep->key, digest);
}

static void
print_text(struct gv_ctx *ctx, const struct gv_sweep *sweep,
    enum gv_finding_grade least)
{
	char text[GV_IDKEY_TEXT + 1];
	size_t i;

	for (i = 0; i < sweep->n && !gv_out_stopped(ctx->out); i++) {
		const struct gv_finding *f = &sweep->findings[i];

		if (!gv_finding_counts(f, least))
			continue;
		print_line(ctx->out, f);
		fingerprint(text, sweep, &f->fingerprint);
		if (ctx->verbosity > 0 && *text)
			gv_out_paint(
			    ctx->out, GV_OUT_DIM, "\tfingerprint %s\n", text);
	}
}

/* --- JSON --- */

static void
put_rule(struct gv_json *j, const struct gv_finding_rule *rule)
{
	gv_json_string(j, "description", rule->description);
	gv_json_string(j, "provider", rule->provider);
	gv_json_string(j, "kind", rule->kind);
	gv_json_string(j, "severity", rule->severity);
}

static void
put_places(struct gv_json *j, const struct gv_finding_place *place)
{
	if (place == NULL)
		return;
	gv_json_array(j, "places");
	for (; place; place = place->next) {
		gv_json_object(j, NULL);
		gv_json_path(j, "path", place->path, strlen(place->path));
		gv_json_oid(j, "introduced", &place->introduced);
		gv_json_oid(j, "removed", &place->removed);
		gv_json_end(j);
	}
	gv_json_end(j);
}

/* The points of what is found by its name; null for the rest. */
static void
put_score(struct gv_json *j, const struct gv_score *score)
{
	if (score->name == 0) {
		gv_json_null(j, "score");
		return;
	}
	gv_json_object(j, "score");
	gv_json_int(j, "name", gv_score_of_name(score));
	gv_json_int(j, "value", gv_score_of_value(score));
	gv_json_int(j, "place", gv_score_of_place(score));
	gv_json_int(j, "sum", gv_score_sum(score));
	gv_json_end(j);
}

static void
put_finding(
    struct gv_json *j, const struct gv_sweep *sweep, const struct gv_finding *f)
{
	const struct gv_finding_reason *why = gv_finding_reasons;
	char text[GV_IDKEY_TEXT + 1];
	struct gv_buf mask = GV_BUF_INIT;
	size_t i;

	if (*f->path)
		gv_json_path(j, "path", f->path, strlen(f->path));
	else
		gv_json_null(j, "path");
	gv_json_string(j, "environment", gv_environment_of(f->path));
	gv_json_uint(j, "line", f->line);
	gv_json_uint(j, "column", f->column);
	gv_json_uint(j, "end_line", f->end_line);
	gv_json_string(j, "rule", f->rule->id);
	put_rule(j, f->rule);
	gv_json_string(j, "grade", gv_finding_grades[f->grade]);
	gv_json_array(j, "reasons");
	for (; why->word; why++)
		if (f->reasons & why->bit)
			gv_json_string(j, NULL, why->word);
	gv_json_end(j);
	put_score(j, &f->score);
	gv_json_string(j, "name", f->name);
	gv_json_string(j, "key", f->key);
	gv_json_array(j, "encodings");
	for (i = 0; gv_finding_encoding(f, i); i++)
		gv_json_string(j, NULL, gv_finding_encoding(f, i));
	gv_json_end(j);
	gv_finding_mask(&mask, f);
	gv_json_string(j, "value", mask.p);
	gv_json_uint(j, "length", f->len);
	fingerprint(text, sweep, &f->fingerprint);
	gv_json_string(j, "fingerprint", *text ? text : NULL);
	fingerprint(text, sweep, &f->digest);
	gv_json_string(j, "value_digest", *text ? text : NULL);
	put_places(j, f->places);
	gv_buf_release(&mask);
}

/* Findings that somebody allows, and what is the matter with allowances. */
static void
put_allowed(struct gv_json *j, const struct gv_sweep *sweep)
{
	size_t i;

	gv_json_array(j, "allowed");
	for (i = 0; i < sweep->n; i++) {
		const struct gv_finding *f = &sweep->findings[i];

		if (f->allowed == GV_FINDING_OPEN)
			continue;
		gv_json_object(j, NULL);
		put_finding(j, sweep, f);
		gv_json_string(
		    j, "allowed_by", gv_finding_allowers[f->allowed]);
		gv_json_string(j, "reason", f->reason);
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_json_array(j, "allowances");
	for (i = 0; i < sweep->n_doubts; i++) {
		const struct gv_sweep_doubt *d = &sweep->doubts[i];

		gv_json_object(j, NULL);
		gv_json_path(j, "path", d->path, strlen(d->path));
		gv_json_uint(j, "line", d->line);
		gv_json_string(j, "matter", gv_sweep_matters[d->matter]);
		gv_json_end(j);
	}
	gv_json_end(j);
}

static void
put_counts(struct gv_json *j, const struct gv_sweep *sweep)
{
	uint64_t counts[GV_FINDING_GRADES] = { 0 };
	size_t i;

	for (i = 0; i < sweep->n; i++)
		counts[sweep->findings[i].grade] +=
		    sweep->findings[i].allowed == GV_FINDING_OPEN;
	gv_json_object(j, "counts");
	for (i = 0; i < GV_FINDING_GRADES; i++)
		gv_json_uint(j, gv_finding_grades[i], counts[i]);
	gv_json_end(j);
	gv_json_uint(j, "files", sweep->files);
	gv_json_uint(j, "bytes", sweep->bytes);
}

static void
put_notes(struct gv_json *j, const char *key, const struct gv_sweep_note *notes,
    size_t n)
{
	size_t i;

	gv_json_array(j, key);
	for (i = 0; i < n; i++) {
		gv_json_object(j, NULL);
		gv_json_path(j, "path", notes[i].path, strlen(notes[i].path));
		gv_json_string(j, "reason", notes[i].reason);
		gv_json_end(j);
	}
	gv_json_end(j);
}

static void
print_json(struct gv_ctx *ctx, struct gv_json *j, const struct gv_sweep *sweep,
    enum gv_finding_grade least)
{
	size_t i;

	gv_json_object(j, NULL);
	gv_json_array(j, "findings");
	for (i = 0; i < sweep->n && !gv_out_stopped(ctx->out); i++) {
		if (!gv_finding_counts(&sweep->findings[i], least))
			continue;
		gv_json_object(j, NULL);
		put_finding(j, sweep, &sweep->findings[i]);
		gv_json_end(j);
	}
	gv_json_end(j);
	put_allowed(j, sweep);
	put_counts(j, sweep);
	put_notes(j, "unreadable", sweep->notes, sweep->n_notes);
	put_notes(j, "not_searched", sweep->shallow, sweep->n_shallow);
	gv_json_end(j);
}

/* --- CSV, as RFC 4180 has it --- */

static void
put_cell(struct gv_out *out, const char *text, char behind)
{
	const char *p = text ? text : "", *quote;

	gv_out_printf(out, gv_csv_is_formula(p) ? "\"'" : "\"");
	while ((quote = strchr(p, '"'))) {
		gv_out_write(out, p, (size_t)(quote - p));
		gv_out_printf(out, "\"\"");
		p = quote + 1;
	}
	gv_out_printf(out, "%s\"", p);
	gv_out_printf(out, "%s", behind == ',' ? "," : "\r\n");
}

static void
print_csv(struct gv_ctx *ctx, const struct gv_sweep *sweep,
    enum gv_finding_grade least)
{
	struct gv_out *out = ctx->out;
	char text[GV_IDKEY_TEXT + 1];
	struct gv_buf mask = GV_BUF_INIT;
	size_t i;

	gv_out_printf(out,
	    "path,line,column,end_line,rule,severity,grade,name,value,"
	    "fingerprint,key,encodings\r\n");
	for (i = 0; i < sweep->n && !gv_out_stopped(out); i++) {
		const struct gv_finding *f = &sweep->findings[i];

		if (!gv_finding_counts(f, least))
			continue;
		put_cell(out, f->path, ',');
		gv_out_printf(
		    out, "%u,%u,%u,", f->line, f->column, f->end_line);
		put_cell(out, f->rule->id, ',');
		put_cell(out, f->rule->severity, ',');
		put_cell(out, gv_finding_grades[f->grade], ',');
		put_cell(out, f->name, ',');
		gv_buf_reset(&mask);
		gv_finding_mask(&mask, f);
		put_cell(out, mask.p, ',');
		fingerprint(text, sweep, &f->fingerprint);
		put_cell(out, text, ',');
		put_cell(out, f->key, ',');
		gv_buf_reset(&mask);
		add_encodings(&mask, f);
		put_cell(out, mask.p, '\n');
	}
	gv_buf_release(&mask);
}

static void
print_as(struct gv_ctx *ctx, struct gv_json *j, const struct gv_sweep *sweep,
    enum gv_finding_out_format format, enum gv_finding_grade least)
{
	switch (format) {
	case GV_FINDING_OUT_JSON:
		print_json(ctx, j, sweep, least);
		break;
	case GV_FINDING_OUT_CSV:
		print_csv(ctx, sweep, least);
		break;
	case GV_FINDING_OUT_SARIF:
		gv_finding_report_sarif(j, sweep, least);
		break;
	case GV_FINDING_OUT_JUNIT:
		gv_finding_report_junit(ctx, sweep, least);
		break;
	case GV_FINDING_OUT_GITLAB:
		gv_finding_report_gitlab(j, ctx, sweep, least);
		break;
	case GV_FINDING_OUT_TEXT:
		print_text(ctx, sweep, least);
		break;
	}
}

int
gv_finding_out_all(struct gv_ctx *ctx, const struct gv_sweep *sweep,
    enum gv_finding_out_format format, enum gv_finding_grade least)
{
	struct gv_json own = GV_JSON_INIT;
	int r;

	own.out = ctx->out;
	own.is_foreign = format != GV_FINDING_OUT_JSON;
	if (ctx->json)
		print_json(ctx, ctx->json, sweep, least);
	else
		print_as(ctx, &own, sweep, format, least);
	r = gv_json_flush(&own);
	gv_json_release(&own);
	return r;
}

/* --- one of them --- */

static void
print_rule(struct gv_out *out, const struct gv_finding_rule *rule)
{
	gv_out_printf(out, "%s", rule->description);
	/* the description of most rules names it */
	if (rule->provider && strcmp(rule->provider, "Generic") != 0 &&
	    strstr(rule->description, rule->provider) == NULL)
		gv_out_printf(out, " (%s)", rule->provider);
	gv_out_printf(out, "\nSeverity: %s\n", rule->severity);
	if (rule->remediation)
		gv_out_printf(out, "What to do: %s\n", rule->remediation);
}

/* Where in the structure of its file it stands, and in what. */
static void
print_where(struct gv_out *out, const struct gv_finding *f)
{
	const char *word;
	size_t i;

	if (f->key) {
		gv_out_printf(out, "Key: ");
		gv_out_text(out, f->key, strlen(f->key));
		gv_out_printf(out, "\n");
	}
	for (i = 0; (word = gv_finding_tell_encoding(f, i)); i++)
		gv_out_printf(
		    out, "%s%s", i ? ", and in that " : "Written as ", word);
	if (i)
		gv_out_printf(out, "\n");
}

static void
warn_of(struct gv_ctx *ctx, const struct gv_sweep_note *notes, size_t n,
    const char *before, const char *behind)
{
	struct gv_buf path = GV_BUF_INIT;
	size_t i;

	for (i = 0; i < n; i++) {
		gv_buf_reset(&path);
		gv_path_quote(&path, notes[i].path, strlen(notes[i].path));
		gv_out_warn(ctx->out, "%s%s%s: %s", before, path.p, behind,
		    notes[i].reason);
	}
	gv_buf_release(&path);
}

void
gv_finding_out_unread(struct gv_ctx *ctx, const struct gv_sweep *sweep)
{
	warn_of(ctx, sweep->notes, sweep->n_notes, "", " was not scanned");
	warn_of(ctx, sweep->shallow, sweep->n_shallow,
	    "not all that is packed in ", " was scanned");
	if (sweep->n_shallow > 1)
		gv_out_warn(ctx->out, "%zu files were not searched, or not all",
		    sweep->n_shallow);
}

void
gv_finding_out_keyless(struct gv_ctx *ctx, const struct gv_sweep *sweep)
{
	if (sweep->keyless)
		gv_out_warn(ctx->out,
		    "findings have no fingerprints, since there is no key: %s",
		    sweep->keyless);
}

static void
print_part(struct gv_out *out, const char *text, int points)
{
	gv_out_printf(out, "\t%+4d  %s\n", points, text);
}

/* The parts of the sum that made the grade. */
static void
print_score(struct gv_out *out, const struct gv_score *score)
{
	print_part(out, gv_score_tell_name(score), gv_score_of_name(score));
	print_part(out, gv_score_tell_value(score), gv_score_of_value(score));
	print_part(out, gv_score_tell_place(score), gv_score_of_place(score));
	gv_out_printf(out, "\t%4d  points; likely from %d, possible from %d\n",
	    gv_score_sum(score), GV_SCORE_LIKELY, GV_SCORE_POSSIBLE);
}

/* Who acts on a grade: the page of scan says more. */
static const char *
meaning_of(enum gv_finding_grade grade)
{
	switch (grade) {
	case GV_FINDING_VERIFIED:
		return "it is a secret; hooks block it";
	case GV_FINDING_LIKELY:
		return "hooks block it";
	case GV_FINDING_POSSIBLE:
		return "look at it; hooks let it pass, snapshots encrypt it";
	default:
		return "hooks and reports ignore it";
	}
}

void
gv_finding_out_explain(struct gv_ctx *ctx, const struct gv_sweep *sweep,
    const struct gv_finding *f)
{
	const struct gv_finding_reason *why = gv_finding_reasons;
	struct gv_out *out = ctx->out;
	char text[GV_IDKEY_TEXT + 1];

	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		put_finding(ctx->json, sweep, f);
		gv_json_string(ctx->json, "remediation", f->rule->remediation);
		gv_json_end(ctx->json);
		return;
	}
	print_line(out, f);
	print_rule(out, f->rule);
	print_where(out, f);
	if (f->allowed != GV_FINDING_OPEN)
		gv_out_printf(out, "Allowed by the %s\n",
		    gv_finding_allowers[f->allowed]);
	if (f->reason) {
		gv_out_printf(out, "Reason: ");
		gv_out_text(out, f->reason, strlen(f->reason));
		gv_out_printf(out, "\n");
	}
	gv_out_printf(out, "Grade: %s (%s), because\n",
	    gv_finding_grades[f->grade], meaning_of(f->grade));
	if (f->score.name)
		print_score(out, &f->score);
	for (; why->word; why++)
		if (f->reasons & why->bit && !(f->score.name && why->is_scored))
			gv_out_printf(out, "\t- %s\n", why->sentence);
	if (f->allowed == GV_FINDING_OPEN && f->grade > GV_FINDING_EXAMPLE)
		gv_out_printf(out,
		    "If this is not a secret, allow it by a comment on its "
		    "line that says why: gitvault:allow %s WHY\n",
		    f->rule->id);
	/* they are made with a key, which only a repository has */
	if (sweep->key == NULL)
		return;
	fingerprint(text, sweep, &f->fingerprint);
	gv_out_printf(out, "Fingerprint:  %s\n", text);
	fingerprint(text, sweep, &f->digest);
	gv_out_printf(out, "Value digest: %s\n", text);
}

void
gv_finding_out_rule(struct gv_ctx *ctx, const struct gv_finding_rule *rule)
{
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_string(ctx->json, "rule", rule->id);
		put_rule(ctx->json, rule);
		gv_json_string(ctx->json, "remediation", rule->remediation);
		gv_json_end(ctx->json);
		return;
	}
	gv_out_printf(ctx->out, "%s: ", rule->id);
	print_rule(ctx->out, rule);
}

void
gv_finding_out_rules(
    struct gv_ctx *ctx, const struct gv_finding_rule *rules, size_t n)
{
	static const struct gv_out_column columns[] = {
		{ .head = "RULE" },
		{ .head = "SEVERITY" },
		{ .head = "KIND" },
		{ .head = "DESCRIPTION", .wrap = true },
	};
	size_t i;

	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_array(ctx->json, "rules");
		for (i = 0; i < n; i++)
			gv_finding_out_rule(ctx, &rules[i]);
		gv_json_end(ctx->json);
		gv_json_end(ctx->json);
		return;
	}
	gv_out_columns(ctx->out, columns, 4);
	for (i = 0; i < n; i++) {
		gv_out_cell_text(ctx->out, GV_OUT_ID, rules[i].id);
		gv_out_cell_text(ctx->out, GV_OUT_PLAIN, rules[i].severity);
		gv_out_cell_text(ctx->out, GV_OUT_PLAIN, rules[i].kind);
		gv_out_cell_text(ctx->out, GV_OUT_PLAIN, rules[i].description);
	}
	gv_out_columns_end(ctx->out);
}
