"""The doors to teachers, judges and launchers; vLLM and OpenAI-compatible servers live behind them."""
