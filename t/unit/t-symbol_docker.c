/* lib/symbol/symbol_docker: stages, images and what is copied. */
#include "unit.h"

#include "symbol_told.h"

static void
stages_and_images(void **state)
{
	(void)state;
	assert_symbols("Dockerfile",
	    "ARG VERSION=3.9\n"
	    "FROM --platform=$BUILDPLATFORM python:${VERSION} AS Base\n"
	    "FROM base AS build\n"
	    "FROM scratch\n"
	    "FROM registry:5000/a/b@sha256:ab\n"
	    "FROM base-$KIND\n",
	    "1 docker.arg VERSION d\n"
	    "2 docker.stage base\n"
	    "2 base> docker.from @image:python=* ~\n"
	    "3 docker.stage build\n"
	    "3 build> docker.from docker.stage:base\n"
	    "4 docker.stage 2\n"
	    "5 docker.stage 3\n"
	    "5 3> docker.from @image:registry:5000/a/b=@sha256:ab\n"
	    "6 docker.stage 4\n"
	    "6 4> docker.from @image:base-* ~\n");
}

static void
sources_are_from_the_folder_that_is_built(void **state)
{
	(void)state;
	assert_symbols("img/Dockerfile",
	    "FROM alpine:3.19 AS one\n"
	    "COPY go.mod go.sum ./\n"
	    "COPY . /src\n"
	    "ADD https://h.org/x.tgz /x\n"
	    "COPY --from=one /a /b\n"
	    "COPY --from=0 /a /b\n"
	    "COPY --from=nginx:1.25 /etc/n /n\n"
	    "COPY --chown=1:1 [\"a b.txt\", \"/to/\"]\n"
	    "ADD /conf/*.yaml ./lib/ /c/\n"
	    "COPY target/app.jar /app.jar\n"
	    "COPY ${SRC} $DIR/x.sh /x\n"
	    "COPY <<EOF /heredoc\n"
	    "FROM no\n"
	    "EOF\n"
	    "RUN --mount=type=bind,source=req.txt,target=/r "
	    "--mount=type=cache,target=/c pip install\n"
	    "RUN --mount=from=one,source=/x,target=/y ls\n",
	    "1 docker.stage one\n"
	    "1 one> docker.from @image:alpine=3.19\n"
	    "2 one> docker.copy go.mod\n"
	    "2 one> docker.copy go.sum\n"
	    "3 one> docker.copy . +\n"
	    "4 one> docker.copy @https://h.org/x.tgz\n"
	    "5 one> docker.copy docker.stage:one\n"
	    "6 one> docker.copy docker.stage:one\n"
	    "7 one> docker.copy @image:nginx=1.25\n"
	    "8 one> docker.copy a b.txt\n"
	    "9 one> docker.copy conf/*.yaml ~\n"
	    "9 one> docker.copy lib/ +\n"
	    "10 one> docker.copy target/app.jar ...\n"
	    "11 one> docker.copy */x.sh ~\n"
	    "15 one> docker.copy req.txt\n"
	    "16 one> docker.copy docker.stage:one\n");
}

static void
names_that_a_build_takes(void **state)
{
	(void)state;
	assert_symbols("Dockerfile",
	    "ARG A\n"
	    "ARG B=1\n"
	    "from alpine\n"
	    "ENV C=1 D=\"x y\"\n"
	    "ENV E secret\n",
	    "1 docker.arg A\n"
	    "2 docker.arg B d\n"
	    "3 docker.stage 0\n"
	    "3 0> docker.from @image:alpine\n"
	    "4 0> docker.arg C d\n"
	    "4 0> docker.arg D d\n"
	    "5 0> docker.arg E d\n");
}

static void
a_stage_may_be_computed(void **state)
{
	(void)state;
	assert_symbols("Dockerfile",
	    "FROM a AS base-dev\n"
	    "FROM base-${KIND} AS x\n",
	    "1 docker.stage base-dev\n"
	    "1 base-dev> docker.from @image:a\n"
	    "2 docker.stage x\n"
	    "2 x> docker.from docker.stage:base-* ~\n");
}

static void
many_stars_are_matched_in_time(void **state)
{
	(void)state;
	assert_symbols("Dockerfile",
	    "FROM a AS aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaa\n"
	    "FROM a$X-a$X-a$X-a$X-a$X-a$X-a$X-a$X-a$X-b\n",
	    "1 docker.stage aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaa\n"
	    "1 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa> "
	    "docker.from @image:a\n"
	    "2 docker.stage 1\n"
	    "2 1> docker.from @image:a*-a*-a*-a*-a*-a*-a*-a*-a*-b ~\n");
}

UNIT(symbol_docker)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stages_and_images),
		cmocka_unit_test(sources_are_from_the_folder_that_is_built),
		cmocka_unit_test(names_that_a_build_takes),
		cmocka_unit_test(a_stage_may_be_computed),
		cmocka_unit_test(many_stars_are_matched_in_time),
	};

	return UNIT_RUN(tests);
}
