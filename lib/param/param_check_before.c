#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "param/param_check_internal.h"

/*
 * What was deployed and good before, held against what the schemas say now, and
 * what programs of then would miss in the present values: notes, since a
 * change may be meant, and the present configuration is judged by itself.
 */

struct comparing {
	struct gv_param_checker *c;
	const struct gv_param_one *one, *was;
	struct gv_buf path;
};

static int compare(struct comparing *at, const struct gv_layer_value *was,
    const struct gv_layer_value *now);

static const char *
kind_of(const struct gv_layer_value *v)
{
	switch (v->kind) {
	case GV_LAYER_BOOL:
		return "a boolean";
	case GV_LAYER_INT:
	case GV_LAYER_FLOAT:
		return "a number";
	case GV_LAYER_TEXT:
		return "a text";
	case GV_LAYER_LIST:
		return "a list";
	case GV_LAYER_MAP:
		return "a map";
	default:
		return "null";
	}
}

/* A value that is computed, or encrypted, may be of any kind. */
static bool
is_open(const struct comparing *at, const struct gv_layer_value *v)
{
	return v->is_code || v->kind == GV_LAYER_NULL ||
	    gv_param_is_sealed(at->one->param, v);
}

static int
say(struct comparing *at, const char *text, const struct gv_layer_value *now)
{
	return gv_param_check_say(at->c, at->one,
	    (struct gv_param_problem){ .grade = GV_PARAM_NOTE,
		.check = "compatible",
		.key = at->path.p,
		.text = text },
	    now);
}

static int
say_removed(struct comparing *at)
{
	char text[200];

	snprintf(text, sizeof(text),
	    "%.100s has this key, and it is not there any more",
	    at->was->before);
	return say(at, text, NULL);
}

static int
say_kind(struct comparing *at, const struct gv_layer_value *was,
    const struct gv_layer_value *now)
{
	char text[200];

	snprintf(text, sizeof(text), "it is %s in %.100s, and %s now",
	    kind_of(was), at->was->before, kind_of(now));
	return say(at, text, now);
}

/* Most storages have the present values alone. */
static int
say_unread(struct comparing *at)
{
	char text[600];

	snprintf(text, sizeof(text), "it was not compared with %.100s: %.450s",
	    at->was->before, gv_err_message());
	return say(at, text, NULL);
}

static int
compare_keys(struct comparing *at, const struct gv_layer_value *was,
    const struct gv_layer_value *now)
{
	const size_t before = at->path.len;
	uint32_t i;
	int r = 0;

	for (i = 0; r == 0 && i < was->n; i++) {
		const struct gv_layer_value *old = was->items[i];

		gv_layer_add_key(&at->path, old->key, old->key_len);
		if ((r = gv_buf_check(&at->path)) == 0)
			r = compare(
			    at, old, gv_layer_get(now, old->key, old->key_len));
		gv_buf_truncate(&at->path, before);
	}
	return r;
}

static int
compare(struct comparing *at, const struct gv_layer_value *was,
    const struct gv_layer_value *now)
{
	if (now == NULL)
		return say_removed(at);
	if (was->kind == GV_LAYER_MAP && now->kind == GV_LAYER_MAP)
		return compare_keys(at, was, now);
	if (is_open(at, was) || is_open(at, now) ||
	    strcmp(kind_of(was), kind_of(now)) == 0)
		return 0;
	return say_kind(at, was, now);
}

/* One record. The keys are compared with those of the newest alone. */
static int
check(struct gv_param_checker *c, const struct gv_param_one *one,
    const struct gv_param_before *before, bool has_keys)
{
	struct gv_param_one was = { .query = one->query,
		.before = before->name };
	struct comparing at = {
		.c = c, .one = one, .was = &was, .path = GV_BUF_INIT
	};
	char *message = gv_err_save();
	int r = gv_param_open(&was.param, before->pool, &one->query);

	/* a service, or all of it, was not there, or cannot be read any more */
	if (r == GV_ENOTFOUND || r == GV_EREFUSED) {
		r = r == GV_EREFUSED && has_keys &&
			gv_param_is_stored(one->param)
		    ? say_unread(&at)
		    : 0;
		gv_err_restore(message);
		return r;
	}
	gv_err_restore(message);
	if (r < 0)
		return r;
	memcpy(was.name, one->name, sizeof(was.name));
	if (has_keys && was.param->tree.root && one->param->tree.root)
		r = compare(&at, was.param->tree.root, one->param->tree.root);
	if (r == 0)
		r = gv_param_check_schemas(c, &was);
	gv_buf_release(&at.path);
	gv_param_close(was.param);
	return r;
}

int
gv_param_check_before(
    struct gv_param_checker *c, const struct gv_param_one *one)
{
	const struct gv_param_report *report = c->report;
	const struct gv_param_before *before;
	size_t i, n = 0;
	int r;

	if (report->before == NULL || one->query.env == NULL)
		return 0;
	r = report->before(&before, &n, report->before_ctx, one->query.env);
	for (i = 0; r == 0 && i < n; i++)
		r = check(c, one, &before[i], i == 0);
	return r;
}
