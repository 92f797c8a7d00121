/* lib/symbol/symbol_compose: services, and what they share. */
#include "unit.h"

#include "symbol_told.h"

static void
services_build_run_and_depend(void **state)
{
	(void)state;
	assert_symbols("a/compose.yaml",
	    "services:\n"
	    "  web:\n"
	    "    build:\n"
	    "      context: ./web\n"
	    "      dockerfile: Dockerfile.prod\n"
	    "      additional_contexts:\n"
	    "        - shared=../shared\n"
	    "        - base=docker-image://alpine\n"
	    "    image: me/web:1.2\n"
	    "    depends_on: [db]\n"
	    "    links:\n"
	    "      - \"cache:redis\"\n"
	    "    environment:\n"
	    "      - MODE=fast\n"
	    "      - TOKEN\n"
	    "    env_file:\n"
	    "      - .env.web\n"
	    "      - path: local.env\n"
	    "        required: false\n"
	    "  db:\n"
	    "    image: registry.example:5000/pg:16@sha256:ab\n"
	    "    network_mode: \"service:web\"\n"
	    "    depends_on:\n"
	    "      cache:\n"
	    "        condition: service_started\n"
	    "        required: false\n"
	    "  cache:\n"
	    "    build: https://me:tok@h.org/r.git\n",
	    "2 compose.service web\n"
	    "9 web> compose.image @image:me/web=1.2 ?\n"
	    "4 web> compose.build web +\n"
	    "5 web> compose.build web/Dockerfile.prod\n"
	    "7 web> compose.build ../shared +\n"
	    "10 web> compose.depends_on compose.service:db\n"
	    "12 web> compose.depends_on compose.service:cache\n"
	    "17 web> env.file .env.web\n"
	    "18 web> env.file local.env ?\n"
	    "14 web> =compose.var_set MODE\n"
	    "15 web> =compose.var_set TOKEN\n"
	    "15 web> compose.var env.var:TOKEN ?\n"
	    "20 compose.service db\n"
	    "21 db> compose.image "
	    "@image:registry.example:5000/pg=16@sha256:ab\n"
	    "24 db> compose.depends_on compose.service:cache ?\n"
	    "22 db> compose.depends_on compose.service:web\n"
	    "27 compose.service cache\n"
	    "28 cache> compose.build @git:https://h.org/r.git\n");
}

static void
names_that_are_shared(void **state)
{
	(void)state;
	assert_symbols("compose.yml",
	    "services:\n"
	    "  a:\n"
	    "    image: x\n"
	    "    networks: [front, default]\n"
	    "    secrets:\n"
	    "      - key\n"
	    "      - source: other\n"
	    "    configs: [c]\n"
	    "    volumes:\n"
	    "      - data:/d\n"
	    "      - ./conf/n.conf:/n.conf:ro\n"
	    "      - ./logs:/logs\n"
	    "      - /var/run/docker.sock:/s\n"
	    "      - ~/.aws:/aws\n"
	    "      - /cache\n"
	    "      - ${PWD}/x.yml:/x\n"
	    "      - ${DIR:-./d}:/e\n"
	    "      - type: bind\n"
	    "        source: ./up/\n"
	    "        target: /up\n"
	    "      - type: tmpfs\n"
	    "        target: /t\n"
	    "volumes:\n"
	    "  data:\n"
	    "  out: {external: true}\n"
	    "networks:\n"
	    "  front: {external: {name: corp}}\n"
	    "secrets:\n"
	    "  key: {file: ./key.txt}\n"
	    "  other: {environment: KEY}\n"
	    "configs:\n"
	    "  c: {file: c.json}\n",
	    "24 compose.volume data\n"
	    "25 compose.volume out ...\n"
	    "27 compose.network front ...\n"
	    "29 compose.secret key\n"
	    "29 key> compose.secret key.txt ...\n"
	    "30 compose.secret other\n"
	    "30 other> compose.var env.var:KEY ...\n"
	    "32 compose.config c\n"
	    "32 c> compose.secret c.json\n"
	    "2 compose.service a\n"
	    "3 a> compose.image @image:x\n"
	    "4 a> compose.network compose.network:front\n"
	    "4 a> compose.network compose.network:default ?\n"
	    "10 a> compose.volume compose.volume:data\n"
	    "11 a> compose.volume conf/n.conf\n"
	    "12 a> compose.volume logs ...\n"
	    "16 a> compose.volume x.yml\n"
	    "19 a> compose.volume up/ ...\n"
	    "6 a> compose.secret compose.secret:key\n"
	    "7 a> compose.secret compose.secret:other\n"
	    "8 a> compose.secret compose.config:c\n"
	    "16 a> compose.var env.var:PWD ?\n"
	    "17 a> compose.var env.var:DIR ?\n");
}

static void
variables_say_whether_they_may_be_missing(void **state)
{
	(void)state;
	assert_symbols("docker-compose.prod.yml",
	    "x-image: &image\n"
	    "  image: \"app:$TAG\"\n"
	    "services:\n"
	    "  a:\n"
	    "    <<: *image\n"
	    "    ports: [\"${PORT:?set it}:80\", \"${HOME}:1\"]\n"
	    "    command: [\"echo\", \"$$HOME\", \"${A-b}\"]\n"
	    "    environment:\n"
	    "      X: ${Y}\n"
	    "      Z:\n",
	    "2 compose.var env.var:TAG ...\n"
	    "4 compose.service a\n"
	    "2 a> compose.image @image:app=* ~\n"
	    "9 a> =compose.var_set X\n"
	    "10 a> =compose.var_set Z\n"
	    "10 a> compose.var env.var:Z ?\n"
	    "6 a> compose.var env.var:PORT\n"
	    "6 a> compose.var env.var:HOME ?\n"
	    "7 a> compose.var env.var:A ?\n"
	    "9 a> compose.var env.var:Y ...\n");
}

static void
files_are_included_and_extended(void **state)
{
	(void)state;
	assert_symbols("compose.yaml",
	    "include:\n"
	    "  - other/compose.yaml\n"
	    "  - path: [a.yml, b.yml]\n"
	    "    env_file: a.env\n"
	    "  - https://h.org/x.git\n"
	    "services:\n"
	    "  a:\n"
	    "    extends: {file: base.yml, service: web}\n"
	    "  b:\n"
	    "    extends: a\n",
	    "2 compose.include other/compose.yaml\n"
	    "3 compose.include a.yml\n"
	    "3 compose.include b.yml\n"
	    "4 env.file a.env\n"
	    "5 compose.include @git:https://h.org/x.git\n"
	    "7 compose.service a\n"
	    "8 a> compose.extends base.yml=web\n"
	    "9 compose.service b\n"
	    "10 b> compose.extends compose.service:a\n");
}

static void
maps_are_merged(void **state)
{
	(void)state;
	assert_symbols("compose.yaml",
	    "x-all: &all\n"
	    "  depends_on: &needs\n"
	    "    db: {condition: service_healthy}\n"
	    "services:\n"
	    "  db: {image: pg}\n"
	    "  a:\n"
	    "    <<: *all\n"
	    "  b:\n"
	    "    depends_on:\n"
	    "      <<: *needs\n"
	    "      a: {condition: service_started}\n",
	    "5 compose.service db\n"
	    "5 db> compose.image @image:pg\n"
	    "6 compose.service a\n"
	    "3 a> compose.depends_on compose.service:db\n"
	    "8 compose.service b\n"
	    "11 b> compose.depends_on compose.service:a\n"
	    "3 b> compose.depends_on compose.service:db\n");
}

static void
aliases_are_followed(void **state)
{
	(void)state;
	assert_symbols("compose.yaml",
	    "services:\n"
	    "  a: {depends_on: &d [b, b]}\n"
	    "  c: {depends_on: *d}\n",
	    "2 compose.service a\n"
	    "2 a> compose.depends_on compose.service:b\n"
	    "2 a> compose.depends_on compose.service:b\n"
	    "3 compose.service c\n"
	    "2 c> compose.depends_on compose.service:b\n"
	    "2 c> compose.depends_on compose.service:b\n");
}

static void
a_file_of_any_name_has_services(void **state)
{
	(void)state;
	assert_symbols("common.yml",
	    "services:\n"
	    "  base:\n"
	    "    image: alpine\n"
	    "    depends_on: [db]\n",
	    "2 compose.service base\n"
	    "3 base> compose.image @image:alpine\n"
	    "4 base> compose.depends_on compose.service:db\n");
	assert_symbols("other.yml",
	    "services:\n"
	    "  web: {port: 80}\n",
	    "");
}

UNIT(symbol_compose)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(services_build_run_and_depend),
		cmocka_unit_test(names_that_are_shared),
		cmocka_unit_test(variables_say_whether_they_may_be_missing),
		cmocka_unit_test(files_are_included_and_extended),
		cmocka_unit_test(maps_are_merged),
		cmocka_unit_test(aliases_are_followed),
		cmocka_unit_test(a_file_of_any_name_has_services),
	};

	return UNIT_RUN(tests);
}
