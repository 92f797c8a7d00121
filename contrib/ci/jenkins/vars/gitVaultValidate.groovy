// A step of a shared library of Jenkins before a deployment: the configuration of
// the environment is checked, and the report is one of the build's tests.
//
//	stage('configuration') {
//	  steps {
//	    gitVaultValidate environment: 'production',
//	        credentialsId: 'repository'
//	  }
//	}
//
// The library is that of gitVault.groovy, and so is credentialsId. The build fails
// where the configuration is invalid, and where a part could not be checked.

def call(Map args) {
    if (!args.environment) {
        error 'gitVaultValidate: needs environment:'
    }
    def secrets = []
    if (args.credentialsId) {
        secrets << usernamePassword(credentialsId: args.credentialsId,
            usernameVariable: 'GIT_VAULT_CI_USER',
            passwordVariable: 'GIT_VAULT_CI_TOKEN')
    }
    def settings = [
        'GIT_VAULT_CI_STEP=validate',
        'GIT_VAULT_CI_REPORT=git-vault-config.xml',
        "GIT_VAULT_CI_ENV=${args.environment}",
        "GIT_VAULT_CI_KEYRING=${args.keyring ?: ''}",
        "GIT_VAULT_CI_POLICY=${args.policy ?: ''}",
    ]
    def script = libraryResource 'git-vault-ci.sh'
    try {
        withCredentials(secrets) {
            withEnv(settings) {
                sh script: script, label: 'git vault: configuration'
            }
        }
    } finally {
        junit testResults: 'git-vault-config.xml', allowEmptyResults: true
    }
}
