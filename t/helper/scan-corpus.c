#include "helper/scan-corpus.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "helper/example.h"
#include "scan/rule.h"
#include "scan/ruleset.h"
#include "scan/scan.h"

#define ROUNDS 8 /* of each that is no secret, in each carrier */

/* A file in which %N is a name, %V its value, %B that in base 64. */
struct carrier {
	const char *name, *path, *text;
};

static const struct carrier carriers[] = {
	{ "env", "deploy/app.env", "PORT=8080\n%N=%V\nDEBUG=0\n" },
	{ "yaml", "deploy/values.yaml",
	    "app:\n  replicas: 2\n  %N: \"%V\"\n  port: 80\n" },
	{ "block", "deploy/config.yaml",
	    "app:\n  %N: |\n    %V\n  port: 80\n" },
	{ "json", "deploy/config.json",
	    "{\n  \"app\": {\n    \"port\": 80,\n    \"%N\": \"%V\"\n  }\n}\n" },
	{ "hcl", "deploy/main.tf",
	    "resource \"app\" \"web\" {\n  port = 80\n  %N = \"%V\"\n}\n" },
	{ "compose", "deploy/docker-compose.yml",
	    "services:\n  web:\n    image: web:1\n    environment:\n"
	    "      - PORT=80\n      - %N=%V\n" },
	{ "tfstate", "deploy/terraform.tfstate",
	    "{\n \"version\": 4,\n \"resources\": [\n  {\n"
	    "   \"instances\": [\n    {\n     \"attributes\": {\n"
	    "      \"id\": \"web\",\n      \"%N\": \"%V\"\n"
	    "     }\n    }\n   ]\n  }\n ]\n}\n" },
	{ "k8s", "deploy/secret.yaml",
	    "apiVersion: v1\nkind: Secret\nmetadata:\n  name: web\n"
	    "type: Opaque\ndata:\n  %N: %B\n" },
};

/* Files that hold other files: %T is a text, its lines indented as the first,
 * %J one in a JSON string. */
static const struct carrier wrappings[] = {
	{ "script", "deploy/setup.sh", "#!/bin/sh\nset -e\n%T\n" },
	{ "cloud-init", "deploy/user-data.yaml",
	    "write_files:\n- path: /etc/app\n  content: |\n    %T\n" },
	{ "heredoc", "deploy/user.tf",
	    "locals {\n  boot = <<-EOF\n    %T\n  EOF\n}\n" },
	{ "state", "deploy/app.tfstate", "{\n \"user_data\": \"%J\"\n}\n" },
	{ "notes", "deploy/notes.txt", "To set it up:\n\n%T\n" },
};

#define WRAPPINGS (sizeof(wrappings) / sizeof(wrappings[0]))
#define CARRIERS  (sizeof(carriers) / sizeof(carriers[0]))
#define K8S       (CARRIERS - 1) /* whose values are secrets as such */

/* What is no secret, by its name and a template of its value. */
static const struct {
	const char *name, *value;
} decoys[] = {
	{ "image_digest", "sha256:{hex*64}" },
	{ "checksum", "{hex*64}" },
	{ "integrity", "sha512-{base64*86}==" },
	{ "commit", "{hex*40}" },
	{ "etag", "{hex*32}" },
	{ "request_id", "{uuid}" },
	{ "tenant_id", "{uuid}" },
	{ "password", "changeme" },
	{ "password", "ChangeMe{digit*3}" },
	{ "password", "${{DB_PASSWORD}" },
	{ "password", "{{{{ .Values.db.password }}" },
	{ "password", "<your-password>" },
	{ "password", "********" },
	{ "password", "xxxxxxxxxxxx" },
	{ "password", "password" },
	{ "password", "example-{lower*6}" },
	{ "password", "vault:secret/data/{lower*6}#password" },
	{ "db_password_file", "/run/secrets/{lower*8}" },
	{ "password_policy", "strong-{digit*2}" },
	{ "passwordMinLength", "{digit*2}" },
	{ "pass_through", "{lower*4}{digit*4}{lower*4}" },
	{ "secret", "ref+vault://{lower*6}/{lower*6}#/key" },
	{ "secret", "op://{lower*6}/{lower*6}/password" },
	{ "secretName", "{lower*6}-{lower*5}-tls" },
	{ "secret_name", "prod/{lower*6}/{lower*6}" },
	{ "secret_arn",
	    "arn:aws:secretsmanager:eu-west-1:{digit*12}:secret:{lower*6}" },
	{ "existingSecret", "{lower*8}-{lower*6}" },
	{ "secret_version", "{digit*2}" },
	{ "api_key", "your-api-key-here" },
	{ "api_key", "REPLACE_ME_{upper*6}" },
	{ "api_key", "TODO" },
	{ "api_key_id", "{lower*8}" },
	{ "token", "{{{{ vault_token }}" },
	{ "token",
	    "ENC[AES256_GCM,data:{base64*24},iv:{base64*43}=,"
	    "tag:{base64*22}==,type:str]" },
	{ "token_url", "https://auth.corp.test/{lower*8}/token" },
	{ "token_ttl", "{digit*4}s" },
	{ "max_tokens", "{digit*4}" },
	{ "tokenizer", "{lower*8}-{lower*5}" },
	{ "kms_key_id", "arn:aws:kms:eu-west-1:{digit*12}:key/{uuid}" },
	{ "key", "app.kubernetes.io/name" },
	{ "key", "{lower*6}/{lower*6}.tfstate" },
	{ "key_name", "{lower*6}-{lower*6}" },
	{ "ssh_key_name", "deploy-{lower*6}" },
	{ "key_vault_uri", "https://{lower*8}.vault.azure.net/" },
	{ "partition_key", "{uuid}" },
	{ "cache_key", "{lower*5}-{hex*40}" },
	{ "keyboard", "{lower*6}" },
	{ "public_key",
	    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{base64*42} a@b" },
	{ "host_fingerprint", "SHA256:{base64*43}" },
	{ "credentials_file", "{lower*6}/{lower*6}.json" },
	{ "compass", "{base62*20}" },
	{ "description", "the token of {lower*6} is kept in vault" },
	{ "author", "{lower*6}@{lower*6}.test" },
	{ "url", "https://{lower*8}.corp.test/path?token=%TOKEN%" },
	{ "database_url", "postgres://${{USER}:${{PASS}@db:5432/app" },
	{ "database_url", "postgres://db.corp.test:5432/{lower*6}" },
	{ "version", "v{digit*1}.{digit*2}.{digit*1}" },
	{ "ami", "ami-{hex*17}" },
	{ "subnet_id", "subnet-{hex*17}" },
	{ "build", "{digit*8}-{hex*12}" },
	{ "certificate_sha1", "{HEX*40}" },
	{ "module", "git::https://git.corp.test/{lower*6}.git?ref={hex*40}" },
};

static void
add_json(struct gv_buf *out, const char *p)
{
	for (; *p; p++) {
		if (*p == '"' || *p == '\\')
			gv_buf_addch(out, '\\');
		if (*p == '\n')
			gv_buf_addstr(out, "\\n");
		else
			gv_buf_addch(out, *p);
	}
}

/* The lines of a text, each behind as many blanks as the first. */
static void
add_lines(struct gv_buf *out, const char *p)
{
	size_t indent = 0;

	while (indent < out->len && out->p[out->len - indent - 1] == ' ')
		indent++;
	for (; *p; p++) {
		gv_buf_addch(out, *p);
		if (*p == '\n')
			gv_buf_addf(out, "%*s", (int)indent, "");
	}
}

static void
fill(struct gv_buf *out, const struct carrier *c, const char *name,
    const char *value)
{
	const char *p;

	gv_buf_reset(out);
	for (p = c->text; *p; p++) {
		if (*p != '%') {
			gv_buf_addch(out, *p);
			continue;
		}
		p++;
		if (*p == 'N')
			gv_buf_addstr(out, name);
		else if (*p == 'V')
			gv_buf_addstr(out, value);
		else if (*p == 'B')
			gv_enc_base64(out, value, strlen(value));
		else if (*p == 'J')
			add_json(out, value);
		else
			add_lines(out, value);
	}
}

/* The highest grade of what is found; -1 for nothing. */
static int
grade_of(struct gv_scan *scan, struct gv_ruleset *set, const char *path,
    const char *p, size_t len)
{
	int grade = -1;
	size_t i;

	if (gv_scan_run(scan, set, path, p, len) < 0) {
		fprintf(stderr, "scan-tool: %s\n", gv_err_message());
		exit(1);
	}
	for (i = 0; i < scan->n; i++)
		if ((int)scan->findings[i].grade > grade)
			grade = (int)scan->findings[i].grade;
	return grade;
}

/* The secret of an example and the name that it stands under; false where it
 * has none of its own or one that not every carrier can hold. */
static bool
take_secret(const struct gv_scan *scan, const struct gv_rule *rule,
    const char *text, char **name, char **value)
{
	const struct gv_scan_finding *f = NULL;
	size_t i;

	for (i = 0; i < scan->n && f == NULL; i++)
		if (scan->findings[i].rule == rule)
			f = &scan->findings[i];
	if (f == NULL)
		return false;
	for (i = 0; i < f->len; i++)
		if (strchr("\n\r\"'\\ ", text[f->at + i]))
			return false;
	*value = strndup(text + f->at, f->len);
	*name = f->name_len ? strndup(text + f->name, f->name_len)
	    : rule->context ? strdup(rule->context[0])
			    : strdup("entry");
	return *name && *value;
}

struct count {
	unsigned found, all;
};

/* One in `n` files. */
static void
carry(struct gv_ruleset *set, const char *id, const struct carrier *c, size_t n,
    const char *name, const char *value, struct count *count)
{
	struct gv_scan scan = GV_SCAN_INIT;
	struct gv_buf text = GV_BUF_INIT;

	for (; n-- > 0; c++) {
		fill(&text, c, name, value);
		count->all++;
		if (grade_of(&scan, set, c->path, text.p, text.len) >=
		    GV_SCAN_POSSIBLE)
			count->found++;
		else
			fprintf(stderr, "missed\t%s\t%s\t%s\t%s\n", id, c->name,
			    name, value);
	}
	gv_buf_release(&text);
	gv_scan_release(&scan);
}

static const struct gv_rule *
rule_of(const struct gv_rules *rules, const char *id)
{
	size_t i = 0;

	while (strcmp(rules->rules[i].id, id) != 0)
		i++;
	return &rules->rules[i];
}

/* What is known by what stands around it is carried with that, all else by
 * itself. */
static void
carry_example(struct gv_ruleset *set, const struct gv_rule *rule,
    const struct gv_rule_example *x, const char *text, struct count *count)
{
	struct gv_scan scan = GV_SCAN_INIT;
	char *name = NULL, *value = NULL;

	grade_of(&scan, set, x->path, text, strlen(text));
	if (rule->way == GV_RULE_SCANNER ||
	    (rule->way == GV_RULE_PATTERN && rule->group)) {
		if (x->path == NULL)
			carry(set, x->rule, wrappings, WRAPPINGS, "", text,
			    count);
	} else if (take_secret(&scan, rule, text, &name, &value)) {
		carry(set, x->rule, carriers, CARRIERS, name, value, count);
	}
	free(name);
	free(value);
	gv_scan_release(&scan);
}

void
scan_corpus_positives(
    const struct gv_rules *rules, struct gv_ruleset *set, uint64_t seed)
{
	static const char *const ways[] = { "pattern", "value", "scanner" };
	struct count count = { 0, 0 };
	size_t i;

	for (i = 0; i < rules->n_examples; i++) {
		const struct gv_rule_example *x = &rules->examples[i];
		const struct gv_rule *rule = rule_of(rules, x->rule);
		char *text = example_expand(x->text, rule->validator, &seed);

		if (x->is_positive && rule->kind != GV_RULE_PUBLIC)
			carry_example(set, rule, x, text, &count);
		free(text);
		if (i + 1 < rules->n_examples &&
		    strcmp(rules->examples[i + 1].rule, x->rule) == 0)
			continue;
		if (count.all)
			printf("%s\t%s\t%u\t%u\n", x->rule, ways[rule->way],
			    count.found, count.all);
		count = (struct count){ 0, 0 };
	}
}

void
scan_corpus_negatives(struct gv_ruleset *set, uint64_t seed)
{
	struct gv_scan scan = GV_SCAN_INIT;
	struct gv_buf text = GV_BUF_INIT;
	size_t i, k, round;

	for (i = 0; i < sizeof(decoys) / sizeof(decoys[0]); i++) {
		unsigned likely = 0, possible = 0, all = 0;

		for (k = 0; k < K8S * ROUNDS; k++) {
			const struct carrier *c = &carriers[k % K8S];
			char *value =
			    example_expand(decoys[i].value, NULL, &seed);
			int grade;

			fill(&text, c, decoys[i].name, value);
			grade = grade_of(&scan, set, c->path, text.p, text.len);
			all++;
			likely += grade >= GV_SCAN_LIKELY;
			possible += grade == GV_SCAN_POSSIBLE;
			for (round = 0; round < scan.n; round++)
				if (grade >= GV_SCAN_POSSIBLE)
					fprintf(stderr,
					    "false\t%s\t%s\t%s\t%s\n",
					    scan.findings[round].rule->id,
					    c->name, decoys[i].name, value);
			free(value);
		}
		printf("%s\t%s\t%u\t%u\t%u\n", decoys[i].name, decoys[i].value,
		    likely, possible, all);
	}
	gv_buf_release(&text);
	gv_scan_release(&scan);
}
