#include "record/record_filter.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "record/record.h"
#include "record/record_time.h"

static int
compile(struct gv_record_filter *f)
{
	regex_t *all = calloc(f->n_patterns, sizeof(*all));
	char why[128];
	size_t i;
	int e;

	if (all == NULL)
		return gv_err_nomem();
	for (i = 0; i < f->n_patterns; i++) {
		/* lines are matched one by one, as git does it */
		e = regcomp(&all[i], f->patterns[i], REG_NOSUB | REG_NEWLINE);
		if (e == 0)
			continue;
		regerror(e, &all[i], why, sizeof(why));
		while (i > 0)
			regfree(&all[--i]);
		free(all);
		return gv_err(
		    GV_EUSAGE, "a pattern is no regular expression: %s", why);
	}
	f->compiled = all;
	return 0;
}

int
gv_record_filter_init(struct gv_record_filter *f)
{
	int r = 0;

	f->compiled = NULL;
	f->from = INT64_MIN;
	f->to = INT64_MAX;
	if (f->since && (r = gv_record_since(&f->from, f->since)) < 0)
		return r;
	if (f->until && (r = gv_record_time(&f->to, f->until)) < 0)
		return r;
	if (f->n_patterns)
		return compile(f);
	return 0;
}

void
gv_record_filter_release(struct gv_record_filter *f)
{
	regex_t *all;
	size_t i;

	if (f == NULL || f->compiled == NULL)
		return;
	all = f->compiled;
	for (i = 0; i < f->n_patterns; i++)
		regfree(&all[i]);
	free(all);
	f->compiled = NULL;
}

static bool
has(char *const *list, size_t n, const char *wanted)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(list[i], wanted) == 0)
			return true;
	return false;
}

static bool
is(const char *value, const char *wanted)
{
	return wanted == NULL || strcmp(value ? value : "", wanted) == 0;
}

static bool
says(const struct gv_record_filter *f, const struct gv_record *rec)
{
	const regex_t *all = f->compiled;
	size_t i;

	for (i = 0; i < f->n_patterns; i++)
		if (regexec(&all[i], rec->subject, 0, NULL, 0) == 0 ||
		    regexec(&all[i], rec->body, 0, NULL, 0) == 0)
			return true;
	return f->n_patterns == 0;
}

bool
gv_record_filter_takes(
    const struct gv_record_filter *f, const struct gv_record *rec)
{
	size_t i;

	for (i = 0; i < f->n_tags; i++)
		if (!has(rec->tags, rec->n_tags, f->tags[i]))
			return false;
	return rec->time >= f->from && rec->time <= f->to &&
	    is(rec->branch, f->branch) && is(rec->host, f->host) &&
	    is(rec->trigger, f->trigger) &&
	    (f->environment == NULL || gv_record_is_of(rec, f->environment)) &&
	    says(f, rec);
}
