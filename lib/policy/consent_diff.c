#include "policy/consent_diff.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/lines.h"
#include "base/vec.h"
#include "config/policy_hold.h"
#include "format/yaml.h"
#include "policy/consent_internal.h"
#include "policy/plan_consent.h"
#include "policy/wish_file.h"
#include "repo/repo.h"

/* ---- lines of a value --------------------------------------------------- */

static bool
is_plain(const struct gv_yaml_node *node)
{
	static const char odd[] = ",[]{}#\"'\\ \t";
	size_t i;

	for (i = 0; i < node->len; i++)
		if ((unsigned char)node->text[i] <= ' ' ||
		    strchr(odd, node->text[i]))
			return false;
	return node->len > 0;
}

static void
add_scalar(struct gv_buf *out, const struct gv_yaml_node *node)
{
	size_t i;

	if (is_plain(node)) {
		gv_buf_add(out, node->text, node->len);
		return;
	}
	gv_buf_addch(out, '"');
	for (i = 0; i < node->len; i++) {
		if (node->text[i] == '\n') {
			gv_buf_addstr(out, "\\n");
			continue;
		}
		if (strchr("\"\\", node->text[i]))
			gv_buf_addch(out, '\\');
		gv_buf_addch(out, node->text[i]);
	}
	gv_buf_addch(out, '"');
}

/* On one line; the reader has bounded how deep it goes. */
static void
add_flow(struct gv_buf *out, const struct gv_yaml_node *node)
{
	bool is_map = node->kind == GV_YAML_MAP;
	size_t i;

	if (node->kind == GV_YAML_SCALAR) {
		add_scalar(out, node);
		return;
	}
	gv_buf_addch(out, is_map ? '{' : '[');
	for (i = 0; i < node->n; i++) {
		if (i)
			gv_buf_addstr(out, ", ");
		if (is_map) {
			add_scalar(out, node->keys[i]);
			gv_buf_addstr(out, ": ");
		}
		add_flow(out, node->values[i]);
	}
	gv_buf_addch(out, is_map ? '}' : ']');
}

/* A line for each part of a list or a map. */
static void
add_lines(struct gv_buf *out, const struct gv_yaml_node *node)
{
	size_t i;

	if (node == NULL || gv_yaml_is_null(node))
		return;
	if (node->kind == GV_YAML_SCALAR) {
		add_scalar(out, node);
		gv_buf_addch(out, '\n');
		return;
	}
	for (i = 0; i < node->n; i++) {
		if (node->kind == GV_YAML_MAP) {
			add_scalar(out, node->keys[i]);
			gv_buf_addstr(out, ": ");
		}
		add_flow(out, node->values[i]);
		gv_buf_addch(out, '\n');
	}
}

/* ---- lines that differ -------------------------------------------------- */

/* The lines of one text that the other does not have. */
static void
subtract(
    struct gv_buf *out, const struct gv_buf *text, const struct gv_buf *other)
{
	const char *p = text->p, *line;
	size_t n;

	while (gv_lines_next(&line, &n, &p, text->p + text->len)) {
		if (gv_lines_have(other->p, other->len, line, n))
			continue;
		gv_buf_add(out, line, n);
		gv_buf_addch(out, '\n');
	}
}

/* Where only the order differs, all lines. */
static int
set_lines(struct gv_consent_point *point, const struct gv_buf *was,
    const struct gv_buf *now)
{
	subtract(&point->was, was, now);
	subtract(&point->now, now, was);
	if (point->was.len == 0 && point->now.len == 0) {
		gv_buf_add(&point->was, was->p, was->len);
		gv_buf_add(&point->now, now->p, now->len);
	}
	if (gv_buf_check(&point->was) < 0 || gv_buf_check(&point->now) < 0)
		return gv_err_nomem();
	return 0;
}

/* ---- the files ---------------------------------------------------------- */

static struct gv_consent_point *
add_point(struct gv_consent_diff *out, int file)
{
	struct gv_consent_point *point;

	if (GV_GROW(out->points, out->n, out->cap) < 0)
		return NULL;
	point = &out->points[out->n++];
	*point = (struct gv_consent_point){ .file = gv_consent_files[file],
		.was = GV_BUF_INIT,
		.now = GV_BUF_INIT };
	return point;
}

static int
add_key(struct gv_consent_diff *out, const struct gv_policy_point *from)
{
	struct gv_consent_point *point = add_point(out, GV_CONSENT_POLICY);
	struct gv_buf was = GV_BUF_INIT, now = GV_BUF_INIT;
	int r;

	if (point == NULL)
		return gv_err_nomem();
	point->key = from->key;
	point->about = from->about;
	point->waits = from->waits;
	out->n_waits += point->waits;
	add_lines(&was, from->accepted);
	add_lines(&now, from->present);
	if ((r = gv_buf_check(&was)) < 0 || (r = gv_buf_check(&now)) < 0)
		goto out;
	r = set_lines(point, &was, &now);
out:
	gv_buf_release(&was);
	gv_buf_release(&now);
	return r;
}

static int
compare_policy(struct gv_consent_diff *out)
{
	const struct gv_buf *text = &out->present.texts[GV_CONSENT_POLICY];
	struct gv_policy policy = GV_POLICY_INIT;
	struct gv_policy_diff diff;
	size_t i;
	int r = 0;

	if (text->len)
		r = gv_policy_parse(&policy,
		    gv_consent_files[GV_CONSENT_POLICY], text->p, text->len);
	if (r == 0)
		r = gv_consent_compare(
		    &policy, &diff, &out->accepted, text->p, text->len);
	if (r < 0)
		return r;
	for (i = 0; r == 0 && i < diff.n; i++)
		r = add_key(out, &diff.points[i]);
	gv_policy_release(&policy);
	return r;
}

/* One file of many lines, as one point. `waits` says so where it differs. */
static int
compare_text(struct gv_consent_diff *out, enum gv_consent_file file,
    const char *about,
    bool (*waits)(const struct gv_buf *was, const struct gv_buf *now))
{
	const struct gv_buf *was = &out->accepted.texts[file];
	const struct gv_buf *now = &out->present.texts[file];
	struct gv_consent_point *point;

	if (gv_buf_equal(was, now))
		return 0;
	if ((point = add_point(out, file)) == NULL)
		return gv_err_nomem();
	point->about = about;
	point->waits = waits(was, now);
	out->n_waits += point->waits;
	return set_lines(point, was, now);
}

/* Each change of a plan waits: without one of its steps it does something else.
 */
static bool
has_now(const struct gv_buf *was, const struct gv_buf *now)
{
	(void)was;
	return now->len > 0;
}

/* The accepted content of a schema counts beside the present one. */
static bool
had_before(const struct gv_buf *was, const struct gv_buf *now)
{
	(void)now;
	return was->len > 0;
}

/* Lines that are gone allow nothing. */
static int
compare_baseline(struct gv_consent_diff *out)
{
	const struct gv_buf *was = &out->accepted.texts[GV_CONSENT_BASELINE];
	const struct gv_buf *now = &out->present.texts[GV_CONSENT_BASELINE];
	struct gv_consent_point *point;
	int r;

	if (gv_buf_equal(was, now))
		return 0;
	if ((point = add_point(out, GV_CONSENT_BASELINE)) == NULL)
		return gv_err_nomem();
	point->about = "known findings that check does not report";
	if ((r = set_lines(point, was, now)) < 0)
		return r;
	point->waits = point->now.len > 0;
	out->n_waits += point->waits;
	return 0;
}

int
gv_consent_diff_load(struct gv_consent_diff *out, struct gv_repo *repo)
{
	int r;

	memset(out, 0, sizeof(*out));
	gv_consent_init(&out->present);
	if ((r = gv_consent_load(&out->accepted, repo)) < 0 ||
	    (r = gv_consent_read(&out->present, repo)) < 0 ||
	    (r = gv_plan_consent_sift(&out->present, repo)) < 0)
		return r;
	if (out->accepted.from == GV_CONSENT_HERE)
		return 0;
	if ((r = compare_policy(out)) < 0 ||
	    (r = compare_text(out, GV_CONSENT_IGNORE,
		 "which files snapshots leave out", gv_wish_file_is_looser)) <
		0 ||
	    (r = compare_text(out, GV_CONSENT_PLANS,
		 "recovery plans, which run commands", has_now)) < 0 ||
	    (r = compare_text(out, GV_CONSENT_SCHEMAS,
		 "schemas that configurations are valid by", had_before)) < 0)
		return r;
	return compare_baseline(out);
}

void
gv_consent_diff_release(struct gv_consent_diff *diff)
{
	size_t i;

	if (diff == NULL)
		return;
	for (i = 0; i < diff->n; i++) {
		gv_buf_release(&diff->points[i].was);
		gv_buf_release(&diff->points[i].now);
	}
	free(diff->points);
	gv_consent_release(&diff->accepted);
	gv_consent_release(&diff->present);
	memset(diff, 0, sizeof(*diff));
}
