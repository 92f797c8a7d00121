#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "lex/name.h"
#include "param/param_internal.h"
#include "param/param_reference.h"
#include "scan/rule.h"
#include "scan/scan.h"
#include "scan/value.h"

/*
 * What must not be shown by itself. A layer is scanned once one of its values
 * is to be shown, and where that cannot be done the value counts as a secret.
 */

static bool
begins(const struct gv_layer_value *v, const char *word)
{
	return v->len >= strlen(word) &&
	    memcmp(v->text, word, strlen(word)) == 0;
}

bool
gv_param_is_sealed(const struct gv_param *param, const struct gv_layer_value *v)
{
	static const char *const signs[] = { "ENC[", "$ANSIBLE_VAULT",
		"-----BEGIN AGE" };
	struct gv_param_reference reference;
	size_t i;

	(void)param;
	if (v->kind != GV_LAYER_TEXT)
		return false;
	for (i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (begins(v, signs[i]))
			return true;
	if (gv_param_reference(&reference, v->text, v->len))
		return true;
	return gv_value_is_ciphertext(v->text, v->len) ||
	    memmem(v->text, v->len, "GITVAULT[", 9) != NULL;
}

/* Whether its name promises a secret, and the value can be one. */
static bool
is_promised(const struct gv_layer_value *v)
{
	struct gv_value judged;

	if (v->key == NULL || v->kind == GV_LAYER_NULL ||
	    v->kind == GV_LAYER_BOOL)
		return false;
	gv_value_judge(&judged, v->text, v->len);
	return gv_value_is_promised(&judged, gv_name_judge(v->key, v->key_len));
}

int
gv_param_scan_text(struct gv_scan *out, struct gv_param_pool *p,
    const char *path, const char *text, size_t len)
{
	int r;

	if (!p->has_rules) {
		p->rules = (struct gv_team_rules)GV_TEAM_RULES_INIT;
		p->has_rules = true;
		if ((r = gv_team_rules_load(&p->rules, p->repo)) < 0)
			return r;
	}
	return p->rules.set ? gv_scan_run(out, p->rules.set, path, text, len)
			    : GV_ERROR;
}

static int
scan(struct gv_param_pool *p, struct gv_param_file *file)
{
	file->scan = calloc(1, sizeof(*file->scan));
	if (file->scan == NULL)
		return gv_err_nomem();
	*file->scan = (struct gv_scan)GV_SCAN_INIT;
	return gv_param_scan_text(
	    file->scan, p, file->layer.name, file->layer.text, file->layer.len);
}

/* Whether a finding has a byte of the value. Findings are in order. */
static bool
is_found(const struct gv_scan *found, const struct gv_layer_value *v)
{
	size_t from = 0, to = found->n, i;

	while (from < to) {
		i = from + (to - from) / 2;
		if (found->findings[i].at + found->findings[i].len <= v->at)
			from = i + 1;
		else
			to = i;
	}
	for (i = from;
	     i < found->n && found->findings[i].at < (size_t)v->at + v->size;
	     i++)
		if (found->findings[i].rule->kind != GV_RULE_PUBLIC)
			return true;
	return false;
}

/* `as_tracked`: that Git does not track a file is no reason. */
static const char *
veil(const struct gv_param *param, const struct gv_layer_value *v,
    bool as_tracked)
{
	struct gv_param_private *p = param->private;
	struct gv_param_file *file;
	uint32_t i;

	if (v->kind == GV_LAYER_MAP || v->kind == GV_LAYER_LIST) {
		for (i = 0; i < v->n; i++)
			if (veil(param, v->items[i], as_tracked))
				return "<secret>";
		return NULL;
	}
	/* a name in it stood for one that is not shown */
	if (v->is_veiled)
		return "<secret>";
	if (gv_param_is_sealed(param, v))
		return "<sealed>";
	if (!as_tracked && v->layer < param->n &&
	    p->files[v->layer]->is_private)
		return "<private>";
	if (v->kind == GV_LAYER_NULL || v->kind == GV_LAYER_BOOL)
		return NULL;
	if (v->layer >= param->n)
		return "<secret>";
	file = p->files[v->layer];
	if (is_promised(v))
		return "<secret>";
	if (file->scan == NULL && !file->is_unread)
		file->is_unread = scan(p->pool, file) < 0;
	if (file->is_unread)
		return "<secret>";
	return is_found(file->scan, v) ? "<secret>" : NULL;
}

const char *
gv_param_veil(const struct gv_param *param, const struct gv_layer_value *v)
{
	return veil(param, v, false);
}

const char *
gv_param_veil_new(const struct gv_param *param, const struct gv_layer_value *v)
{
	return veil(param, v, true);
}
