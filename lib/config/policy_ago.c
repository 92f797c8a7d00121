#include <stdbool.h>
#include <string.h>

#include "base/err.h"
#include "base/time.h"
#include "config/policy.h"

/* Whether the text is numbers, each with a letter after it. The letter Z is
 * excluded: it is the zone of 20261120T071244Z. */
static bool
is_duration(const char *text)
{
	size_t n;
	char unit;

	do {
		n = strspn(text, "0123456789");
		unit = (char)(text[n] | 0x20);
		if (n == 0 || unit < 'a' || unit > 'y')
			return false;
		text += n + 1;
	} while (*text);
	return true;
}

/* Read it as `health` does, else as retention does. The two differ in the
 * meaning of m. */
int
gv_policy_ago(int64_t *out, const char *text, int64_t now)
{
	struct gv_policy_span span;
	int64_t seconds;
	int r;

	if (!is_duration(text))
		return 0;
	if (gv_time_parse_span(&seconds, text) == 0) {
		if (strchr(text, 'm'))
			return gv_err(GV_EREFUSED,
			    "the m of '%s' may mean minutes or months; write "
			    "'30 minutes ago' or '6 months ago'",
			    text);
		*out = now - seconds;
		return 1;
	}
	r = gv_policy_parse_span(&span, text);
	if (r < 0)
		return r;
	*out = gv_time_back(now, span.months, span.days) - span.seconds;
	return 1;
}
