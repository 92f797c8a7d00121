#ifndef GV_SYMBOL_WORD_H
#define GV_SYMBOL_WORD_H
/*
 * The words for what symbols are: where a name is defined, how one thing
 * depends on another, what a value is for. Users see them: in `graph`, in
 * `check` and in JSON. Numbers are kept in a cache: a changed list needs
 * another GV_SYMBOLS_VERSION.
 */

/* Where a definition can be found: names of two spaces never meet. The second
 * column says how far a name is known. */
enum gv_symbol_reach {
	GV_SYMBOL_REACH_FILE,
	GV_SYMBOL_REACH_FOLDER,    /* Terraform: one folder is one module */
	GV_SYMBOL_REACH_CHART,     /* of Helm, its subcharts see it, too */
	GV_SYMBOL_REACH_NAMESPACE, /* of Kubernetes */
	GV_SYMBOL_REACH_TREE,      /* everywhere */
};

#define GV_SYMBOL_SPACES(X)                                                    \
	X(NO_SPACE, "", FILE)                                                  \
	X(TF_RESOURCE, "tf.resource", FOLDER)                                  \
	X(TF_DATA, "tf.data", FOLDER)                                          \
	X(TF_MODULE, "tf.module", FOLDER)                                      \
	X(TF_VARIABLE, "tf.variable", FOLDER)                                  \
	X(TF_LOCAL, "tf.local", FOLDER)                                        \
	X(TF_OUTPUT, "tf.output", FOLDER)                                      \
	X(TF_PROVIDER, "tf.provider", FOLDER)                                  \
	X(TF_BACKEND, "tf.backend", FOLDER)                                    \
	X(TG_DEPENDENCY, "tg.dependency", FILE)                                \
	X(TG_UNIT, "tg.unit", FILE)                                            \
	X(K8S_OBJECT, "k8s.object", NAMESPACE)                                 \
	X(K8S_PODS, "k8s.pods", NAMESPACE)                                     \
	X(K8S_PORT, "k8s.port", NAMESPACE)                                     \
	X(K8S_KEY, "k8s.key", NAMESPACE)                                       \
	X(K8S_IMAGE, "k8s.image", FILE)                                        \
	X(K8S_KIND, "k8s.kind", TREE)                                          \
	X(KUSTOMIZE_ROOT, "kustomize.root", FOLDER)                            \
	X(HELM_CHART, "helm.chart", TREE)                                      \
	X(HELM_TEMPLATE, "helm.template", CHART)                               \
	X(HELM_VALUE, "helm.value", CHART)                                     \
	X(FLUX_OBJECT, "flux.object", TREE)                                    \
	X(ARGO_APP, "argo.app", TREE)                                          \
	X(COMPOSE_SERVICE, "compose.service", FOLDER)                          \
	X(COMPOSE_VOLUME, "compose.volume", FOLDER)                            \
	X(COMPOSE_NETWORK, "compose.network", FOLDER)                          \
	X(COMPOSE_SECRET, "compose.secret", FOLDER)                            \
	X(COMPOSE_CONFIG, "compose.config", FOLDER)                            \
	X(DOCKER_STAGE, "docker.stage", FILE)                                  \
	X(DOCKER_ARG, "docker.arg", FILE)                                      \
	X(ANSIBLE_PLAY, "ansible.play", FILE)                                  \
	X(ANSIBLE_TASK, "ansible.task", FILE)                                  \
	X(ANSIBLE_ROLE, "ansible.role", TREE)                                  \
	X(ANSIBLE_GROUP, "ansible.group", TREE)                                \
	X(ANSIBLE_HOST, "ansible.host", TREE)                                  \
	X(ANSIBLE_VAR, "ansible.var", TREE)                                    \
	X(CFN_RESOURCE, "cfn.resource", FILE)                                  \
	X(CFN_PARAMETER, "cfn.parameter", FILE)                                \
	X(CFN_CONDITION, "cfn.condition", FILE)                                \
	X(CFN_MAPPING, "cfn.mapping", FILE)                                    \
	X(CFN_OUTPUT, "cfn.output", FILE)                                      \
	X(CFN_EXPORT, "cfn.export", TREE)                                      \
	X(PULUMI_PROJECT, "pulumi.project", TREE)                              \
	X(PULUMI_STACK, "pulumi.stack", FOLDER)                                \
	X(PULUMI_CONFIG, "pulumi.config", FOLDER)                              \
	X(SOPS_RULE, "sops.rule", TREE)                                        \
	X(GHA_WORKFLOW, "gha.workflow", FILE)                                  \
	X(GHA_JOB, "gha.job", FILE)                                            \
	X(GHA_STEP, "gha.step", FILE)                                          \
	X(GITLAB_JOB, "gitlab.job", TREE)                                      \
	X(GITLAB_STAGE, "gitlab.stage", FILE)                                  \
	X(GITLAB_VARIABLE, "gitlab.variable", TREE)                            \
	X(JENKINS_STAGE, "jenkins.stage", FILE)                                \
	X(ENV_VAR, "env.var", FOLDER)                                          \
	X(CERTIFICATE, "certificate", FILE)

/* How what stands in a file depends on something else. */
#define GV_SYMBOL_EDGES(X)                                                     \
	X(TF_MODULE, "tf.module")                                              \
	X(TF_PROVIDER, "tf.provider")                                          \
	X(TF_BACKEND, "tf.backend")                                            \
	X(TF_REF, "tf.ref")                                                    \
	X(TF_DEPENDS_ON, "tf.depends_on")                                      \
	X(TF_FILE, "tf.file")                                                  \
	X(TF_VAR_FILE, "tf.var_file")                                          \
	X(TF_REMOTE_STATE, "tf.remote_state")                                  \
	X(TG_INCLUDE, "tg.include")                                            \
	X(TG_READ_CONFIG, "tg.read_config")                                    \
	X(TG_SOURCE, "tg.source")                                              \
	X(TG_DEPENDENCY, "tg.dependency")                                      \
	X(K8S_SELECTOR, "k8s.selector")                                        \
	X(K8S_BACKEND, "k8s.backend")                                          \
	X(K8S_NAMESPACE, "k8s.namespace")                                      \
	X(K8S_IMAGE, "k8s.image")                                              \
	X(K8S_SECRET, "k8s.secret")                                            \
	X(K8S_CONFIG, "k8s.config")                                            \
	X(K8S_VOLUME, "k8s.volume")                                            \
	X(K8S_ACCOUNT, "k8s.account")                                          \
	X(K8S_ROLE, "k8s.role")                                                \
	X(K8S_SCALE, "k8s.scale")                                              \
	X(K8S_CLASS, "k8s.class")                                              \
	X(K8S_REF, "k8s.ref")                                                  \
	X(KUSTOMIZE_RESOURCE, "kustomize.resource")                            \
	X(KUSTOMIZE_PATCH, "kustomize.patch")                                  \
	X(KUSTOMIZE_PATCH_TARGET, "kustomize.patch_target")                    \
	X(FLUX_SOURCE, "flux.source")                                          \
	X(FLUX_PATH, "flux.path")                                              \
	X(FLUX_DEPENDS_ON, "flux.depends_on")                                  \
	X(HELM_CHART, "helm.chart")                                            \
	X(HELM_DEPENDENCY, "helm.dependency")                                  \
	X(HELM_VALUES_OVER, "helm.values_over")                                \
	X(HELM_TEMPLATE, "helm.template")                                      \
	X(HELM_VALUE, "helm.value")                                            \
	X(HELM_FILE, "helm.file")                                              \
	X(ARGO_SOURCE, "argo.source")                                          \
	X(COMPOSE_OVERRIDE, "compose.override")                                \
	X(COMPOSE_DEPENDS_ON, "compose.depends_on")                            \
	X(COMPOSE_VOLUME, "compose.volume")                                    \
	X(COMPOSE_NETWORK, "compose.network")                                  \
	X(COMPOSE_SECRET, "compose.secret")                                    \
	X(COMPOSE_BUILD, "compose.build")                                      \
	X(COMPOSE_IMAGE, "compose.image")                                      \
	X(COMPOSE_VAR, "compose.var")                                          \
	X(COMPOSE_EXTENDS, "compose.extends")                                  \
	X(COMPOSE_INCLUDE, "compose.include")                                  \
	X(DOCKER_FROM, "docker.from")                                          \
	X(DOCKER_COPY, "docker.copy")                                          \
	X(ANSIBLE_GROUP_VARS, "ansible.group_vars")                            \
	X(ANSIBLE_HOSTS, "ansible.hosts")                                      \
	X(ANSIBLE_ROLE, "ansible.role")                                        \
	X(ANSIBLE_ROLE_DEPENDENCY, "ansible.role_dependency")                  \
	X(ANSIBLE_INCLUDE, "ansible.include")                                  \
	X(ANSIBLE_FILE, "ansible.file")                                        \
	X(ANSIBLE_CONFIG, "ansible.config")                                    \
	X(ANSIBLE_VAR, "ansible.var")                                          \
	X(CFN_REF, "cfn.ref")                                                  \
	X(CFN_GETATT, "cfn.getatt")                                            \
	X(CFN_SUB, "cfn.sub")                                                  \
	X(CFN_DEPENDS_ON, "cfn.depends_on")                                    \
	X(CFN_CONDITION, "cfn.condition")                                      \
	X(CFN_MAPPING, "cfn.mapping")                                          \
	X(CFN_IMPORT, "cfn.import")                                            \
	X(CFN_EXPORT, "cfn.export")                                            \
	X(CFN_TEMPLATE, "cfn.template")                                        \
	X(PULUMI_PROJECT, "pulumi.project")                                    \
	X(PULUMI_STACK_REF, "pulumi.stack_ref")                                \
	X(PULUMI_CONFIG, "pulumi.config")                                      \
	X(PULUMI_SECRETS_PROVIDER, "pulumi.secrets_provider")                  \
	X(SOPS_RULE, "sops.rule")                                              \
	X(SOPS_RECIPIENT, "sops.recipient")                                    \
	X(GHA_USES, "gha.uses")                                                \
	X(GHA_NEEDS, "gha.needs")                                              \
	X(GHA_SECRET, "gha.secret")                                            \
	X(GHA_VAR, "gha.var")                                                  \
	X(GHA_ENVIRONMENT, "gha.environment")                                  \
	X(GHA_PATH, "gha.path")                                                \
	X(GITLAB_INCLUDE, "gitlab.include")                                    \
	X(GITLAB_EXTENDS, "gitlab.extends")                                    \
	X(GITLAB_NEEDS, "gitlab.needs")                                        \
	X(GITLAB_IMAGE, "gitlab.image")                                        \
	X(GITLAB_VAR, "gitlab.var")                                            \
	X(GITLAB_SECRET, "gitlab.secret")                                      \
	X(GITLAB_ENVIRONMENT, "gitlab.environment")                            \
	X(JENKINS_LIBRARY, "jenkins.library")                                  \
	X(JENKINS_STAGE, "jenkins.stage")                                      \
	X(JENKINS_CREDENTIALS, "jenkins.credentials")                          \
	X(SCRIPT_FILE, "script.file")                                          \
	X(ENV_VAR, "env.var")                                                  \
	X(ENV_FILE, "env.file")

/* What a value is for: the checks read them. */
#define GV_SYMBOL_VALUES(X)                                                    \
	X(TF_ASSIGNMENT, "tf.assignment") /* NAME in a tfvars file */          \
	X(TF_ARGUMENT, "tf.argument")     /* NAME that a module gets */        \
	X(TF_LOCKED, "tf.locked")         /* a provider and its version */     \
	X(TF_DISAGREE, "tf.disagree")     /* two arguments, two files */       \
	X(K8S_API, "k8s.api")             /* apiVersion of an object */        \
	X(KUSTOMIZE_NAMESPACE, "kustomize.namespace")                          \
	X(KUSTOMIZE_PREFIX, "kustomize.prefix")                                \
	X(KUSTOMIZE_SUFFIX, "kustomize.suffix")                                \
	X(KUSTOMIZE_IMAGE, "kustomize.image") /* what an image becomes */      \
	X(HELM_LOCKED, "helm.locked")         /* a chart and its version */    \
	X(COMPOSE_VAR_SET, "compose.var_set") /* environment: of a service */  \
	X(CFN_ALLOWED, "cfn.allowed")         /* of AllowedValues */           \
	X(CFN_MAPPING_KEY, "cfn.mapping_key")                                  \
	X(SOPS_CLEAR, "sops.clear")   /* a key in clear in a SOPS file */      \
	X(CLEAR, "clear")             /* a key beside encrypted ones */        \
	X(SEALED, "sealed")           /* all of a file is encrypted */         \
	X(GHA_FILTER, "gha.filter")   /* a path filter */                      \
	X(GUARD, "guard")             /* deletion_protection … */            \
	X(PLACEHOLDER, "placeholder") /* changeme, example.com … */          \
	X(EXPIRY, "expiry")           /* of a certificate, seconds */          \
	X(IGNORE, "ignore")           /* a comment: RULE, reason */

#define GV_SYMBOL_SPACE_ENUM(id, word, reach) GV_SYMBOL_SPACE_##id,
#define GV_SYMBOL_EDGE_ENUM(id, word)         GV_SYMBOL_EDGE_##id,
#define GV_SYMBOL_VALUE_ENUM(id, word)        GV_SYMBOL_VALUE_##id,

enum gv_symbol_space {
	GV_SYMBOL_SPACES(GV_SYMBOL_SPACE_ENUM) GV_SYMBOL_N_SPACES
};

enum gv_symbol_edge { GV_SYMBOL_EDGES(GV_SYMBOL_EDGE_ENUM) GV_SYMBOL_N_EDGES };

enum gv_symbol_value {
	GV_SYMBOL_VALUES(GV_SYMBOL_VALUE_ENUM) GV_SYMBOL_N_VALUES
};

extern const char *const gv_symbol_spaces[GV_SYMBOL_N_SPACES];
extern const char *const gv_symbol_edges[GV_SYMBOL_N_EDGES];
extern const char *const gv_symbol_values[GV_SYMBOL_N_VALUES];

/* How far a name of a space is known. */
enum gv_symbol_reach gv_symbol_reach(enum gv_symbol_space space);

#endif
