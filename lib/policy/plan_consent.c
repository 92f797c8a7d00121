#include "policy/plan_consent.h"

#include <string.h>

#include "base/buf.h"
#include "base/lines.h"
#include "policy/consent.h"
#include "policy/disclosure.h"
#include "policy/plan_file.h"

/* The lines that a text has of one plan. */
static void
pick_lines(struct gv_buf *out, const struct gv_buf *text, const char *name)
{
	const size_t len = strlen(name);
	const char *p = text->p, *line;
	size_t n;

	while (gv_lines_next(&line, &n, &p, text->p + text->len))
		if (n > len + 1 && memcmp(line, name, len) == 0 &&
		    line[len] == ':' && line[len + 1] == ' ') {
			gv_buf_add(out, line, n);
			gv_buf_addch(out, '\n');
		}
}

int
gv_plan_consent_has(bool *out, struct gv_repo *repo, const char *name,
    const char *text, size_t len)
{
	struct gv_consent consent;
	struct gv_buf now = GV_BUF_INIT, was = GV_BUF_INIT;
	int r = gv_consent_load(&consent, repo);

	*out = false;
	if (r < 0)
		goto out;
	if (consent.from == GV_CONSENT_HERE) {
		*out = true;
		goto out;
	}
	pick_lines(&was, &consent.texts[GV_CONSENT_PLANS], name);
	r = gv_plan_file_add_lines(&now, name, text, len);
	*out = r == 0 && gv_buf_check(&was) == 0 && gv_buf_equal(&was, &now);
out:
	gv_buf_release(&now);
	gv_buf_release(&was);
	gv_consent_release(&consent);
	return r;
}

/* ---- secrets ------------------------------------------------------------- */

#define SEPARATOR ": " /* behind the name, in each line */

/* The lines of one plan, as they are in the text and as they are in its file.
 */
struct one {
	const char *name;
	size_t name_len;
	struct gv_buf lines, text;
};

/* The next plan of the text; false at its end. */
static bool
next_plan(struct one *out, const char **p, const char *end)
{
	const char *line, *at = *p, *stop;
	size_t n;

	gv_buf_reset(&out->lines);
	gv_buf_reset(&out->text);
	out->name = NULL;
	while (gv_lines_next(&line, &n, &at, end)) {
		stop = memmem(line, n, SEPARATOR, strlen(SEPARATOR));
		if (stop == NULL)
			stop = line;
		if (out->name &&
		    ((size_t)(stop - line) != out->name_len ||
			memcmp(line, out->name, out->name_len) != 0))
			break;
		out->name = line;
		out->name_len = (size_t)(stop - line);
		gv_buf_add(&out->lines, line, n);
		gv_buf_addch(&out->lines, '\n');
		stop += stop == line ? 0 : strlen(SEPARATOR);
		gv_buf_add(&out->text, stop, n - (size_t)(stop - line));
		gv_buf_addch(&out->text, '\n');
		*p = at;
	}
	return out->name != NULL;
}

/* Both forms are searched: the gate of a sync sees the text as it is signed. */
static int
find_secret(
    struct gv_disclosed *found, struct gv_disclosure *d, const struct one *one)
{
	int r = gv_disclosure_find_file(
	    found, d, "plan.yaml", one->text.p, one->text.len);

	return r != 0 ? r
		      : gv_disclosure_find_file(found, d,
			    gv_consent_entries[GV_CONSENT_PLANS], one->lines.p,
			    one->lines.len);
}

int
gv_plan_consent_sift(struct gv_consent *consent, struct gv_repo *repo)
{
	struct gv_buf *text = &consent->texts[GV_CONSENT_PLANS];
	struct gv_buf kept = GV_BUF_INIT;
	struct gv_disclosure disclosure = GV_DISCLOSURE_INIT(repo);
	struct gv_disclosed found;
	struct one one = { .lines = GV_BUF_INIT, .text = GV_BUF_INIT };
	const char *p = text->p;
	int r = 0;

	while (r >= 0 && p && next_plan(&one, &p, text->p + text->len)) {
		if ((r = gv_buf_check(&one.lines)) < 0 ||
		    (r = gv_buf_check(&one.text)) < 0 ||
		    (r = find_secret(&found, &disclosure, &one)) < 0)
			break;
		if (r == 0)
			gv_buf_add(&kept, one.lines.p, one.lines.len);
		else
			gv_buf_addf(&consent->left,
			    "%.*s: it likely has a secret in clear (%s), which "
			    "every reader of the repository would get; to see "
			    "where: git vault scan " GV_PLAN_FILE_DIR
			    "/%.*s.yaml\n",
			    (int)one.name_len, one.name, found.rule,
			    (int)one.name_len, one.name);
	}
	if (r >= 0 && (r = gv_buf_check(&kept)) == 0 &&
	    (r = gv_buf_check(&consent->left)) == 0) {
		gv_buf_release(text);
		*text = kept;
		kept = (struct gv_buf)GV_BUF_INIT;
		consent->has[GV_CONSENT_PLANS] = text->len > 0;
	}
	gv_buf_release(&one.lines);
	gv_buf_release(&one.text);
	gv_buf_release(&kept);
	gv_disclosure_release(&disclosure);
	return r;
}
