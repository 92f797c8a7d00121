#include "git-vault/look/class_out.h"

#include <string.h>

#include "autosave/restless.h"
#include "base/buf.h"
#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/out.h"
#include "policy/classes.h"
#include "watch/pace.h"

static void
add_span(struct gv_buf *out, int64_t seconds)
{
	static const struct {
		const char *name;
		int64_t length;
	} units[] = { { "week", 604800 }, { "day", 86400 }, { "hour", 3600 },
		{ "minute", 60 }, { "second", 1 } };
	char count[GV_OUT_SIZE_MAX];
	size_t i;

	/* 7 days are as they were written, and more weeks are, too */
	for (i = seconds == 604800; seconds % units[i].length; i++)
		;
	gv_out_count(
	    count, (uint64_t)(seconds / units[i].length), units[i].name);
	gv_buf_addstr(out, count);
}

static void
add_reason(
    struct gv_buf *out, enum gv_class class, const struct gv_classes_why *why)
{
	gv_buf_addf(out, "class %s ", gv_class_words[class]);
	if (why->pattern)
		gv_buf_addf(out, "(snapshots.classes.%s.paths has '%s')",
		    gv_class_words[class], why->pattern);
	else if (why->language)
		gv_buf_addf(out, "(snapshots.classes.%s.languages has %s)",
		    gv_class_words[class], why->language);
	else
		gv_buf_addf(out, "(%s)", why->what);
}

/* As pace.h decides. */
static void
add_pace(struct gv_buf *out, enum gv_class class, int64_t every)
{
	if (every > GV_PACE_OFTEN) {
		gv_buf_addstr(out, "watch saves it with others, or ");
		add_span(out, every);
		gv_buf_addstr(out, " after a change");
		return;
	}
	gv_buf_addstr(out, "watch saves it ");
	add_span(out,
	    (class == GV_CLASS_CRITICAL ? GV_PACE_SETTLE
					: GV_PACE_SETTLE_REST) /
		1000);
	gv_buf_addstr(out, " after the last change, and within ");
	add_span(out, every);
	gv_buf_addstr(out, " of the first");
}

static void
add_keep(struct gv_buf *out, const int64_t keep[GV_CLASSES_KEEP])
{
	static const char *const what[GV_CLASSES_KEEP] = { "all", "one an hour",
		"one a day", "one a week" };
	bool is_any = false;
	size_t i;

	gv_buf_addstr(out, "its saves stay: ");
	for (i = 0; i < GV_CLASSES_KEEP; i++) {
		if (keep[i] == 0)
			continue;
		gv_buf_addf(out, "%s%s for ", is_any ? ", " : "", what[i]);
		add_span(out, keep[i]);
		is_any = true;
	}
	if (!is_any)
		gv_buf_addstr(out, "the newest alone");
}

static int
find_restless(
    unsigned *times, unsigned *saves, struct gv_repo *repo, const char *path)
{
	const struct gv_restless_file *file;
	struct gv_restless restless;
	int r = gv_restless_find(&restless, repo);

	*times = 0;
	if (r == GV_ENOMEM || r == GV_ECANCELED)
		goto out;
	r = 0;
	if ((file = gv_restless_get(&restless, path)) != NULL)
		*times = file->times;
	*saves = restless.saves;
out:
	gv_restless_release(&restless);
	return r;
}

static int
explain(const char **word, struct gv_buf *out, struct gv_ctx *ctx,
    const char *path, const struct gv_classes *classes)
{
	struct gv_classes_why why;
	enum gv_class class = gv_classes_of(classes, path, strlen(path), &why);
	unsigned times, saves;
	int r = find_restless(&times, &saves, ctx->repo, path);

	if (r < 0)
		return r;
	if (class == GV_CLASS_LOW)
		times = 0;
	add_reason(out, class, &why);
	if (times) {
		class = (enum gv_class)(class + 1);
		gv_buf_addf(out,
		    "; it changed in %u of the last %u saves and was never "
		    "committed, so it is of class %s",
		    times, saves, gv_class_words[class]);
	}
	*word = gv_class_words[class];
	gv_buf_addstr(out, ": ");
	add_pace(out, class, classes->every[class]);
	gv_buf_addstr(out, "; ");
	add_keep(out, classes->keep[class]);
	return gv_buf_check(out);
}

int
gv_class_out_explain(
    const char **word, struct gv_buf *why, struct gv_ctx *ctx, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct gv_classes classes;
	int r;

	*word = NULL;
	if (gv_pace_name(slash ? slash + 1 : path, false) != GV_PACE_IS_FILE)
		return 0;
	r = gv_classes_load(&classes, ctx->repo);
	if (r == 0)
		r = explain(word, why, ctx, path, &classes);
	gv_classes_release(&classes);
	return r;
}
