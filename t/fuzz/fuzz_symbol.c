/*
 * Any bytes as a file of each kind that has symbols, which the first byte
 * chooses: what is found lies in its texts, a symbol stands in a definition
 * before it, and bytes that are kept of it give the same again. '!' in front
 * takes the rest as such bytes.
 */
#include "fuzz.h"

#include "base/err.h"
#include "symbol/symbol.h"

/* 'a', 'b', … */
static const char *const paths[] = { "main.tf", "main.tf.json", "prod.tfvars",
	"prod.tfvars.json", ".terraform.lock.hcl", "terragrunt.hcl", "a.yaml",
	"a.json", "kustomization.yaml", "Chart.yaml", "Chart.lock",
	"values.yaml", "templates/a.yaml", "templates/a.tpl", "compose.yaml",
	"Dockerfile", "tasks/a.yml", "hosts.ini", "ansible.cfg",
	".github/workflows/a.yml", ".gitlab-ci.yml", "Jenkinsfile",
	"Pulumi.yaml", "Pulumi.prod.yaml", ".sops.yaml", ".env", "a.sh",
	"a.pem" };

#define PATHS (sizeof(paths) / sizeof(paths[0]))

static void
look_at_text(const struct gv_symbols *all, const struct gv_symbol_text *text)
{
	must(text->len == 0 ||
	    (text->at < all->text.len && text->len < all->text.len - text->at));
	must(gv_symbol_text(all, text)[text->len] == '\0');
}

static void
look(const struct gv_symbols *all)
{
	const struct gv_symbol *s;
	size_t i;

	for (i = 0; i < all->n; i++) {
		s = &all->items[i];
		must(s->kind <= GV_SYMBOL_ERROR);
		must(s->how <= GV_SYMBOL_EXTERNAL);
		must(s->kind != GV_SYMBOL_DEFINITION ||
		    s->word < GV_SYMBOL_N_SPACES);
		must(s->kind != GV_SYMBOL_REFERENCE ||
		    s->word < GV_SYMBOL_N_EDGES);
		must(
		    s->kind != GV_SYMBOL_VALUE || s->word < GV_SYMBOL_N_VALUES);
		must(s->space < GV_SYMBOL_N_SPACES);
		must(s->in == GV_SYMBOL_NONE ||
		    (s->in < i &&
			all->items[s->in].kind == GV_SYMBOL_DEFINITION));
		look_at_text(all, &s->name);
		look_at_text(all, gv_symbol_scope(all, s));
		look_at_text(all, gv_symbol_extra(all, s));
	}
}

static void
keep(const struct gv_symbols *all)
{
	struct gv_symbols again = GV_SYMBOLS_INIT;
	struct gv_buf kept = GV_BUF_INIT, twice = GV_BUF_INIT;

	gv_symbols_pack(&kept, all);
	must(gv_buf_check(&kept) == 0);
	must(gv_symbols_unpack(&again, kept.p, kept.len, NULL) == 0);
	must(again.n == all->n);
	gv_symbols_pack(&twice, &again);
	must_be(&twice, kept.p, kept.len);
	gv_symbols_release(&again);
	gv_buf_release(&kept);
}

static void
unpack(const char *p, size_t len)
{
	struct gv_symbols all = GV_SYMBOLS_INIT;
	int r = gv_symbols_unpack(&all, p, len, NULL);

	must(r == 0 || r == GV_ECORRUPT);
	if (r == 0)
		look(&all);
	gv_symbols_release(&all);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct gv_symbols all;
	const char *path;
	char *exact;

	if (len == 0)
		return 0;
	path = paths[(data[0] + 256 - 'a') % PATHS];
	exact = malloc(len > 1 ? len - 1 : 1);
	must(exact != NULL);
	if (len > 1)
		memcpy(exact, data + 1, len - 1);
	if (data[0] == '!') {
		unpack(exact, len - 1);
	} else {
		must(
		    gv_symbols_read(&all, gv_symbol_dialect(path, strlen(path)),
			exact, len - 1) == 0);
		look(&all);
		keep(&all);
		gv_symbols_release(&all);
	}
	free(exact);
	return 0;
}
