#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "config/policy.h"

#define MAX_DIGITS 6 /* of a number in a rule */

const char *const gv_policy_periods[GV_POLICY_PERIODS] = {
	"last",
	"secondly",
	"minutely",
	"hourly",
	"daily",
	"weekly",
	"monthly",
	"yearly",
};

const char *const gv_policy_lanes[GV_POLICY_LANES] = {
	[GV_POLICY_MANUAL] = "manual",
	[GV_POLICY_HOOK] = "hook",
	[GV_POLICY_SCHEDULE] = "schedule",
	[GV_POLICY_CI] = "ci",
	[GV_POLICY_WATCH] = "watch",
	[GV_POLICY_SAFETY] = "safety",
};

static const struct {
	const char *name;
	unsigned bit;
} groups[] = {
	{ "host", GV_POLICY_HOST },
	{ "branch", GV_POLICY_BRANCH },
	{ "env", GV_POLICY_ENV },
	{ "trigger", GV_POLICY_TRIGGER },
};

#define N_GROUPS (sizeof(groups) / sizeof(groups[0]))

/* The digits at the front: their number, or -1 for none or too many. */
static int64_t
take_number(const char **text)
{
	size_t n = strspn(*text, "0123456789"), i;
	int64_t v = 0;

	if (n == 0 || n > MAX_DIGITS)
		return -1;
	for (i = 0; i < n; i++)
		v = v * 10 + (*text)[i] - '0';
	*text += n;
	return v;
}

static int
parse_count(int64_t *out, const char *text)
{
	int64_t v;

	if (strcmp(text, "unlimited") == 0 || strcmp(text, "-1") == 0) {
		*out = -1;
		return 0;
	}
	v = take_number(&text);
	if (v < 0 || *text)
		return GV_ERROR;
	*out = v;
	return 0;
}

static bool
add_unit(struct gv_policy_span *span, int64_t n, char unit)
{
	switch (unit) {
	case 'y':
		span->months += 12 * n;
		return true;
	case 'm':
		span->months += n;
		return true;
	case 'w':
		span->days += 7 * n;
		return true;
	case 'd':
		span->days += n;
		return true;
	case 'h':
	case 'H':
		span->seconds += 3600 * n;
		return true;
	case 'M':
		span->seconds += 60 * n;
		return true;
	case 'S':
		span->seconds += n;
		return true;
	default:
		return false;
	}
}

int
gv_policy_parse_span(struct gv_policy_span *out, const char *text)
{
	struct gv_policy_span span = { .text = "" };
	const char *p = text;
	int64_t n = 0;

	if (strlen(text) < sizeof(span.text))
		memcpy(span.text, text, strlen(text) + 1);
	while (*p && (n = take_number(&p)) >= 0 && add_unit(&span, n, *p))
		p++;
	/* a number without its unit ends the walk at the end too */
	if (*p || *span.text == '\0' || strchr("0123456789", p[-1]))
		return gv_err(GV_EUSAGE,
		    "'%s' is not a duration; write it as 7d, 12h, 3w or 1y6m",
		    text);
	*out = span;
	return 0;
}

static int
comma_too_many(const char *value)
{
	return gv_err(GV_EUSAGE,
	    "'%s' has a comma too many; commas only separate words", value);
}

static int
add_tag(struct gv_policy_rules *rules, const char *value)
{
	const char *p;
	char **more;

	for (p = value; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f)
			break;
	if (p == value || *p)
		return gv_err(GV_EUSAGE,
		    "a tag is one word without blanks or control characters");
	/* no snapshot has a tag without letters, so none would be kept */
	if (*value == ',' || p[-1] == ',' || strstr(value, ",,"))
		return comma_too_many(value);
	more =
	    reallocarray(rules->tags, rules->n_tags + 1, sizeof(*rules->tags));
	if (more == NULL)
		return gv_err_nomem();
	rules->tags = more;
	more[rules->n_tags] = strdup(value);
	if (more[rules->n_tags] == NULL)
		return gv_err_nomem();
	rules->n_tags++;
	return 0;
}

/* "host,branch"; "" for one group of all. */
static int
set_groups(struct gv_policy_rules *rules, const char *value)
{
	unsigned bits = 0;
	const char *p = value;
	size_t n, i;

	while (*p) {
		n = strcspn(p, ",");
		for (i = 0; i < N_GROUPS; i++)
			if (strlen(groups[i].name) == n &&
			    memcmp(groups[i].name, p, n) == 0)
				break;
		if (i == N_GROUPS)
			return gv_err(GV_EUSAGE,
			    "snapshots cannot be grouped by '%.*s'; use host, "
			    "branch, env, trigger, several with a comma "
			    "between, or '' for one group",
			    (int)n, p);
		bits |= groups[i].bit;
		p += n;
		if (*p == ',' && *++p == '\0')
			return comma_too_many(value);
	}
	rules->group_by = bits;
	rules->has_group_by = true;
	return 0;
}

static int
find_period(const char *name)
{
	int i;

	for (i = 0; i < GV_POLICY_PERIODS; i++)
		if (strcmp(gv_policy_periods[i], name) == 0)
			return i;
	return -1;
}

int
gv_policy_set_limit(
    struct gv_policy_limits *limits, const char *name, const char *value)
{
	static const char keep[] = "keep-", within[] = "keep-within";
	const size_t n_keep = sizeof(keep) - 1, n_within = sizeof(within) - 1;
	int period;

	if (strncmp(name, within, n_within) == 0) {
		name += n_within;
		period = *name == '\0' ? GV_POLICY_LAST
		    : *name == '-'     ? find_period(name + 1)
				       : -1;
		if (period < 0 || (*name && period == GV_POLICY_LAST))
			return GV_ENOTFOUND;
		return gv_policy_parse_span(&limits->within[period], value);
	}
	if (strncmp(name, keep, n_keep) != 0)
		return GV_ENOTFOUND;
	period = find_period(name + n_keep);
	if (period < 0)
		return GV_ENOTFOUND;
	if (parse_count(&limits->keep[period], value) < 0)
		return gv_err(GV_EUSAGE,
		    "%s: '%s' is not a number; give a number, or 'unlimited'",
		    name, value);
	return 0;
}

int
gv_policy_set(
    struct gv_policy_rules *rules, const char *name, const char *value)
{
	if (strcmp(name, "group-by") == 0)
		return set_groups(rules, value);
	if (strcmp(name, "keep-tag") == 0)
		return add_tag(rules, value);
	return gv_policy_set_limit(&rules->all, name, value);
}

bool
gv_policy_keeps(const struct gv_policy_rules *rules)
{
	int i;

	for (i = 0; i < GV_POLICY_PERIODS; i++)
		if (rules->all.keep[i] || *rules->all.within[i].text)
			return true;
	return rules->n_tags > 0;
}

bool
gv_policy_complete(struct gv_policy_rules *rules)
{
	if (!rules->has_group_by)
		rules->group_by = GV_POLICY_HOST | GV_POLICY_BRANCH;
	rules->has_group_by = true;
	if (gv_policy_keeps(rules))
		return false;
	rules->all.keep[GV_POLICY_HOURLY] = 24;
	rules->all.keep[GV_POLICY_DAILY] = 30;
	rules->all.keep[GV_POLICY_WEEKLY] = 12;
	rules->all.keep[GV_POLICY_MONTHLY] = 12;
	return true;
}

void
gv_policy_limits_of(struct gv_policy_limits *out,
    const struct gv_policy_rules *rules, enum gv_policy_lane lane)
{
	if (rules->lanes[lane].is_set) {
		*out = rules->lanes[lane];
		return;
	}
	*out = rules->all;
	if (lane == GV_POLICY_SAFETY)
		*out = (struct gv_policy_limits){
			.within = { [GV_POLICY_LAST] =
					rules->all.within[GV_POLICY_LAST] }
		};
}

void
gv_policy_rules_release(struct gv_policy_rules *rules)
{
	size_t i;

	if (rules == NULL)
		return;
	for (i = 0; i < rules->n_tags; i++)
		free(rules->tags[i]);
	free(rules->tags);
	memset(rules, 0, sizeof(*rules));
}
