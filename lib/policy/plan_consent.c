#include "policy/plan_consent.h"

#include <string.h>

#include "base/buf.h"
#include "base/lines.h"
#include "policy/consent.h"
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
